package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Pooling over 1, 2 or 3 spatial dimensions of x [N, C, spatial…]; the kinds and their formulas
 * equal {@code striate_pool_kind}. WEIGHTED takes a second operand, the non-negative window weights
 * [K…].
 */
public record Pool(Kind kind, Window window, boolean ceilMode, float p) implements KernelOp {

  /** What is computed from the elements of a window. */
  public enum Kind {
    /** The maximum; padding never wins. */
    MAX,
    /** Sum divided by the size of the window clipped to input plus padding. */
    AVERAGE_INCLUDE_PAD,
    /** Sum divided by the number of real elements. */
    AVERAGE_EXCLUDE_PAD,
    /** (Σ|x|^p)^(1/p); p = 2 is L2-norm pooling. */
    LP,
    /** Σ w·x / Σ w over the real elements. */
    WEIGHTED
  }

  /** Checks p. */
  public Pool {
    if (kind == Kind.LP ? !(p >= 1 && p < Float.POSITIVE_INFINITY) : p != 0) {
      throw new IllegalArgumentException(
          "pool: p is "
              + p
              + (kind == Kind.LP
                  ? "; it must be finite and at least 1"
                  : "; only LP takes it, use 0"));
    }
  }

  /** Max pooling. */
  public static Pool max(Window window) {
    return new Pool(Kind.MAX, window, false, 0);
  }

  /** Average pooling that does not count padding. */
  public static Pool average(Window window) {
    return new Pool(Kind.AVERAGE_EXCLUDE_PAD, window, false, 0);
  }

  /** Average pooling that counts padding as zeros. */
  public static Pool averageIncludePad(Window window) {
    return new Pool(Kind.AVERAGE_INCLUDE_PAD, window, false, 0);
  }

  /** Lp-norm pooling. */
  public static Pool lp(Window window, float p) {
    return new Pool(Kind.LP, window, false, p);
  }

  /** Weighted average pooling, weights as second operand. */
  public static Pool weighted(Window window) {
    return new Pool(Kind.WEIGHTED, window, false, 0);
  }

  /** This pooling with output sizes rounded up. */
  public Pool withCeilMode(boolean ceil) {
    return new Pool(kind, window, ceil, p);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    int count = kind == Kind.WEIGHTED ? 2 : 1;
    Op.checkCount(this, inputs, count, count);
    Shape x = inputs.get(0);
    long[] spatial = window.outputs(x, ceilMode);
    if (kind == Kind.WEIGHTED) {
      Shape expected = Shape.of(window.kernel().stream().map(Integer::longValue).toList());
      Op.check(
          this,
          inputs.get(1).equals(expected),
          "window weights have shape "
              + inputs.get(1)
              + "; the kernel "
              + expected
              + " is expected");
    }
    Window w = window.resolve(x);
    for (int i = 0; i < w.rank(); i++) {
      Op.check(
          this,
          w.padBegin().get(i) < w.extent(i) && w.padEnd().get(i) < w.extent(i),
          "padding "
              + w.padBegin()
              + "+"
              + w.padEnd()
              + " must be smaller than the window "
              + w.kernel()
              + ", or a window would hold no element");
      checkDilated(w, i, x.dim(i + 2), spatial[i]);
    }
    return List.of(Conv.outputShape(x.dim(0), x.dim(1), spatial));
  }

  /** A dilated window may step over a small input even where its padding is smaller than itself. */
  private void checkDilated(Window w, int axis, long size, long outputs) {
    int dilation = w.dilation().get(axis);
    if (dilation == 1 || dilation <= size) {
      return; // Neighbouring taps are no further apart than the input is long: one of them hits it.
    }
    for (long o = 0; o < outputs; o++) {
      long start = o * w.stride().get(axis) - w.padBegin().get(axis);
      long tap = start >= 0 ? 0 : Math.ceilDiv(-start, dilation);
      Op.check(
          this,
          tap < w.kernel().get(axis) && start + tap * dilation < size,
          "dilation "
              + w.dilation()
              + " steps over the input of size "
              + size
              + " at axis "
              + (axis + 2)
              + ": window "
              + o
              + " would hold no element");
    }
  }

  @Override
  public String type() {
    return "pool_" + kind.name().toLowerCase(java.util.Locale.ROOT);
  }
}
