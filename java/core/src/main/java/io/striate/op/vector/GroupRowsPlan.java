package io.striate.op.vector;

import io.striate.op.KernelRequest;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * How {@link GroupRowsKernel} cuts a convolution and where everything lies. Made once, immutable.
 *
 * <p>A tile is a band of output rows of one image. It is cut into strips of R neighbouring pixels,
 * all of the same R: the last strip ends with the row and may overlap the one before it.
 */
final class GroupRowsPlan {
  private static final int MOST_ROWS = 14;
  private static final int TILES_PER_THREAD = 4;
  private static final int MOST_KERNELS = 4;

  /** Results that wait for a long activation, a quarter of L2. */
  private static final long WAITING_BYTES = 256 << 10;

  /** Channels that go down a band: three rows of 9 pixels take 7 kB, their weights 2.3 kB. */
  static final int CHUNK = 64;

  /**
   * All groups together: an output reads the channel of its number, and the others of its group.
   */
  final GemmShape shape;

  final Width width;

  /** Channels of a group. */
  final int group;

  /** Pixels of a strip. */
  final int pixels;

  final int band;
  final int bands;

  /** By output row, in bytes: the source row of the first kernel row inside of the image. */
  final long[] srcRows;

  /** By output row: bytes from a vector's weights to those of the first kernel row inside. */
  final long[] weightsFrom;

  /** By output row: bytes from a vector's weights to the end of the kernel rows inside. */
  final long[] weightsTo;

  /**
   * @param group channels of a group
   * @param waits whether results wait for their activation
   */
  GroupRowsPlan(GemmShape shape, Width width, int group, int threads, boolean waits) {
    this.shape = shape;
    this.group = group;
    this.width = width;
    GemmShape.Axis h = shape.height();
    pixels = pixels(shape.width(), group);
    long wanted =
        threads == 1
            ? MOST_ROWS
            : (long) shape.images() * h.outputs() / ((long) TILES_PER_THREAD * threads);
    long most = waits ? Math.min(MOST_ROWS, WAITING_BYTES / rowBytes()) : MOST_ROWS;
    bands = Math.ceilDiv(h.outputs(), Math.clamp(Math.min(wanted, most), 1, h.outputs()));
    band = Math.ceilDiv(h.outputs(), bands);
    srcRows = new long[h.outputs()];
    weightsFrom = new long[h.outputs()];
    weightsTo = new long[h.outputs()];
    long kernelRow = (long) shape.width().taps() * group * width.bytes();
    for (int o = 0; o < h.outputs(); o++) {
      int first = firstInside(h, o);
      srcRows[o] =
          Float.BYTES * shape.src().height() * ((long) o * h.stride() + h.displacements()[first]);
      weightsFrom[o] = first * kernelRow;
      weightsTo[o] = endInside(h, o) * kernelRow;
    }
  }

  private static int pixels(GemmShape.Axis w, int group) {
    int most = StripKernels.mostPixels(w.taps(), group);
    return Math.ceilDiv(w.outputs(), Math.ceilDiv(w.outputs(), most));
  }

  /** The first tap of an output that is not before the image. */
  private static int firstInside(GemmShape.Axis axis, int output) {
    int tap = 0;
    while (tap < axis.taps() && (long) output * axis.stride() + axis.displacements()[tap] < 0) {
      tap++;
    }
    return tap;
  }

  /** The end of the taps of an output that are not behind the image. */
  private static int endInside(GemmShape.Axis axis, int output) {
    int tap = axis.taps();
    while (tap > 0
        && (long) output * axis.stride() + axis.displacements()[tap - 1] >= axis.size()) {
      tap--;
    }
    return tap;
  }

  /** Why the kernel cannot do the request, of this shape; empty if it can. */
  static Optional<String> refuses(
      KernelRequest request, GemmShape shape, Width width, int group, int bias) {
    GemmShape.Axis h = shape.height();
    GemmShape.Axis w = shape.width();
    Optional<MemorySegment> weights = request.inputs().get(1).constant();
    if (weights.isEmpty() || (bias >= 0 && request.inputs().get(bias).constant().isEmpty())) {
      return Optional.of("needs constant weights and bias");
    }
    if (shape.depth().outputs() != 1 || shape.depth().taps() != 1 || shape.depth().least() != 0) {
      return Optional.of("needs at most two dimensions");
    }
    if (shape.src().channel() != 1
        || shape.dst().channel() != 1
        || (shape.residual().present() && shape.residual().channel() != 1)) {
      return Optional.of("needs channels-last tensors");
    }
    if (shape.outChannels() < width.lanes()) {
      return Optional.of("needs at least " + width.lanes() + " channels");
    }
    if (w.taps() > StripKernels.MOST_COLUMNS || w.span() > 64 || w.stride() > 64) {
      return Optional.of("needs a kernel of at most 7 columns, without wide gaps");
    }
    for (int o = 0; o < h.outputs(); o++) {
      if (firstInside(h, o) >= endInside(h, o)) {
        return Optional.of("there are rows whose taps all lie in the padding");
      }
    }
    int pixels = pixels(w, group);
    long kinds =
        Arrays.stream(strips(w, pixels)).mapToLong(s -> margins(w, pixels, s)).distinct().count();
    if (kinds > MOST_KERNELS) {
      return Optional.of("the padding is wider than a strip");
    }
    return isFinite(shape, group, weights.get())
        ? Optional.empty()
        : Optional.of("the weights have infinities or NaN, whose products with padding count");
  }

  private static long margins(GemmShape.Axis w, int pixels, int strip) {
    return (long) lead(w, pixels, strip) << 32 | trail(w, pixels, strip);
  }

  private static boolean isFinite(GemmShape shape, int group, MemorySegment weights) {
    for (long tap : shape.weightTaps()) {
      for (int c = 0; c < shape.outChannels(); c++) {
        for (int k = 0; k < group; k++) {
          if (!Float.isFinite(Elements.get(weights, Float.BYTES * element(shape, tap, c, k)))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Where the weight lies of a channel, for channel k of its group. */
  static long element(GemmShape shape, long tap, int channel, int k) {
    return shape.weightSets()[0] + tap + channel * shape.weightOutStep() + k * shape.weightStep();
  }

  /** The first pixels of all strips. */
  int[] strips() {
    return strips(shape.width(), pixels);
  }

  private static int[] strips(GemmShape.Axis w, int pixels) {
    int[] first = new int[Math.ceilDiv(w.outputs(), pixels)];
    for (int s = 0; s < first.length; s++) {
      first[s] = Math.min(s * pixels, w.outputs() - pixels);
    }
    return first;
  }

  /** Columns that the strip with this first pixel reads before the image. */
  int lead(int strip) {
    return lead(shape.width(), pixels, strip);
  }

  private static int lead(GemmShape.Axis w, int pixels, int strip) {
    return (int) Math.clamp(-leftmost(w, strip), 0L, columns(w, pixels));
  }

  /** Columns that the strip with this first pixel reads behind the image. */
  int trail(int strip) {
    return trail(shape.width(), pixels, strip);
  }

  private static int trail(GemmShape.Axis w, int pixels, int strip) {
    long columns = columns(w, pixels);
    return (int) Math.clamp(leftmost(w, strip) + columns - w.size(), 0L, columns);
  }

  private static long columns(GemmShape.Axis w, int pixels) {
    return (pixels - 1L) * w.stride() + w.span();
  }

  /** The column of the source that a strip begins with. */
  long leftmost(int strip) {
    return leftmost(shape.width(), strip);
  }

  private static long leftmost(GemmShape.Axis w, int strip) {
    return (long) strip * w.stride() + w.least();
  }

  int tiles() {
    return Math.multiplyExact(shape.images(), bands);
  }

  /** Vectors of channels; the last may overlap the one before it. */
  int vectors() {
    return Math.ceilDiv(shape.outChannels(), width.lanes());
  }

  /** Bytes of a row of results without gaps. */
  long rowBytes() {
    return (long) Float.BYTES * shape.width().outputs() * shape.outChannels();
  }
}
