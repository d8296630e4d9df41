package io.striate.op;

import io.striate.tensor.Shape;
import java.util.Collections;
import java.util.List;

/**
 * The sliding window of a convolution or pooling: one entry per spatial dimension (W; H, W; or D,
 * H, W).
 *
 * <p>Output size along one axis: {@code O = floor((I + padBegin + padEnd - dilation·(K-1) - 1) /
 * stride) + 1}, or with ceil mode {@code ceil(…)}, less the last window if it would begin in the
 * end padding. Dilation 1 means dense. Source: Dumoulin &amp; Visin, A guide to convolution
 * arithmetic, arXiv:1603.07285.
 */
public record Window(
    List<Integer> kernel,
    List<Integer> stride,
    List<Integer> dilation,
    List<Integer> padBegin,
    List<Integer> padEnd,
    AutoPad autoPad) {

  private static final int MAX = 1 << 24;

  /** Checks that all lists have one rank of 1 to 3 and that the numbers make sense. */
  public Window {
    kernel = List.copyOf(kernel);
    stride = List.copyOf(stride);
    dilation = List.copyOf(dilation);
    padBegin = List.copyOf(padBegin);
    padEnd = List.copyOf(padEnd);
    int rank = kernel.size();
    if (rank < 1 || rank > 3) {
      throw new IllegalArgumentException(
          "window kernel " + kernel + " has " + rank + " dimensions; 1 to 3 are supported");
    }
    check("kernel", kernel, rank, 1);
    check("stride", stride, rank, 1);
    check("dilation", dilation, rank, 1);
    check("padBegin", padBegin, rank, 0);
    check("padEnd", padEnd, rank, 0);
  }

  private static void check(String name, List<Integer> values, int rank, int least) {
    if (values.size() != rank) {
      throw new IllegalArgumentException(
          name + " " + values + " needs " + rank + " entries, one per spatial dimension");
    }
    for (int v : values) {
      if (v < least || v > MAX) {
        throw new IllegalArgumentException(
            name + " " + values + ": " + v + " is outside " + least + " … " + MAX);
      }
    }
  }

  /** A dense window of this size, stride 1, no padding. */
  public static Window of(Integer... kernel) {
    int rank = kernel.length;
    List<Integer> ones = Collections.nCopies(rank, 1);
    List<Integer> zeros = Collections.nCopies(rank, 0);
    return new Window(List.of(kernel), ones, ones, zeros, zeros, AutoPad.EXPLICIT);
  }

  /** This window with another stride, one number for all axes or one per axis. */
  public Window withStride(Integer... values) {
    return new Window(kernel, spread(values), dilation, padBegin, padEnd, autoPad);
  }

  /** This window with another dilation, one number for all axes or one per axis. */
  public Window withDilation(Integer... values) {
    return new Window(kernel, stride, spread(values), padBegin, padEnd, autoPad);
  }

  /** This window with the same padding at both ends, one number for all axes or one per axis. */
  public Window withPadding(Integer... values) {
    return new Window(kernel, stride, dilation, spread(values), spread(values), AutoPad.EXPLICIT);
  }

  /** This window with its own padding at each end. */
  public Window withPadding(List<Integer> begin, List<Integer> end) {
    return new Window(kernel, stride, dilation, begin, end, AutoPad.EXPLICIT);
  }

  /** This window with padding found from the input. */
  public Window withAutoPad(AutoPad mode) {
    return new Window(kernel, stride, dilation, padBegin, padEnd, mode);
  }

  private List<Integer> spread(Integer... values) {
    return values.length == 1 ? Collections.nCopies(kernel.size(), values[0]) : List.of(values);
  }

  /** Number of spatial dimensions. */
  public int rank() {
    return kernel.size();
  }

  /** Number of window elements. */
  public long taps() {
    return kernel.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }

  /** Extent of the dilated kernel along an axis: {@code dilation·(K-1) + 1}. */
  public long extent(int axis) {
    return (long) dilation.get(axis) * (kernel.get(axis) - 1) + 1;
  }

  /** This window with explicit padding for an input of shape N, C, spatial…. */
  public Window resolve(Shape input) {
    checkRank(input);
    if (autoPad == AutoPad.EXPLICIT) {
      return this;
    }
    Integer[] begin = new Integer[rank()];
    Integer[] end = new Integer[rank()];
    for (int i = 0; i < rank(); i++) {
      long total = 0;
      if (autoPad != AutoPad.VALID) {
        long in = input.dim(i + 2);
        long out = Math.ceilDiv(in, stride.get(i));
        total = Math.max(0, (out - 1) * stride.get(i) + extent(i) - in);
      }
      if (total > 2L * MAX) {
        throw new IllegalArgumentException(
            "window of extent "
                + extent(i)
                + " needs "
                + total
                + " elements of padding at axis "
                + (i + 2)
                + " of input "
                + input
                + ": reduce the kernel or its dilation");
      }
      int small = (int) (total / 2);
      begin[i] = autoPad == AutoPad.SAME_LOWER ? (int) total - small : small;
      end[i] = (int) total - begin[i];
    }
    return new Window(kernel, stride, dilation, List.of(begin), List.of(end), AutoPad.EXPLICIT);
  }

  private void checkRank(Shape input) {
    if (input.spatialRank() != rank()) {
      throw new IllegalArgumentException(
          "window "
              + kernel
              + " has "
              + rank()
              + " spatial dimensions, but the input "
              + input
              + " has "
              + input.spatialRank()
              + " (expected N, C and "
              + rank()
              + " more)");
    }
  }

  /** Spatial output sizes for an input of shape N, C, spatial…. */
  public long[] outputs(Shape input, boolean ceilMode) {
    Window w = resolve(input);
    long[] out = new long[rank()];
    for (int i = 0; i < rank(); i++) {
      long in = input.dim(i + 2);
      long s = w.stride.get(i);
      long room = in + w.padBegin.get(i) + w.padEnd.get(i) - w.extent(i);
      if (room < 0) {
        throw new IllegalArgumentException(
            "window of extent "
                + w.extent(i)
                + " does not fit axis "
                + (i + 2)
                + " of input "
                + input
                + " with padding "
                + w.padBegin.get(i)
                + "+"
                + w.padEnd.get(i)
                + ": reduce the kernel or add padding");
      }
      out[i] = (ceilMode ? Math.ceilDiv(room, s) : room / s) + 1;
      if (ceilMode && (out[i] - 1) * s >= in + w.padBegin.get(i)) {
        out[i]--;
      }
    }
    return out;
  }
}
