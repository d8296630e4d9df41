package io.striate.op.vector;

import io.striate.op.Accuracy;
import io.striate.op.KernelRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Whether Winograd's algorithm can do a convolution, and whether it is estimated to be faster than
 * the direct one. The estimate looks at the shape of one image only, so that bits depend on neither
 * threads nor batch.
 */
final class WinogradChoice {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final int WEIGHTS = 1;

  // Measured on Zen 4; one vector fused multiply-add per cycle at 512 bits, two below.
  private static final double DIRECT_SHARE = 0.97;
  private static final double WINOGRAD_SHARE = 0.92;
  private static final long L2_BYTES = 512 << 10;
  private static final long L3_BYTES = 4 << 20;
  private static final double L3_RATE = 27; // bytes per cycle
  private static final double MEMORY_RATE = 10;

  private WinogradChoice() {}

  /** An algorithm, the direct one if there is no form, and its estimated time. */
  record Estimate(Optional<WinogradForm> form, double cycles) {}

  /** Why it cannot do the request, of this shape; empty if it can. */
  static Optional<String> refuses(KernelRequest request, GemmShape shape, Width width) {
    if (request.accuracy() == Accuracy.STRICT) {
      return Optional.of("accuracy strict wants plain sums of products");
    }
    boolean flat =
        shape.depth().outputs() == 1 && shape.depth().taps() == 1 && shape.depth().least() == 0;
    boolean plain = isDense(shape.height()) && isDense(shape.width());
    if (shape.depthwise() || !flat || !plain || forms(shape).isEmpty() || isLine(request)) {
      return Optional.of(
          "needs a kernel of 3x3, 5x5, or a row or column of 3, 5 or 7, of stride 1 (3x3: or 2) and"
              + " dilation 1, not depthwise");
    }
    if (shape.dst().channel() != 1
        || (shape.residual().present() && shape.residual().channel() != 1)) {
      return Optional.of("needs channels-last results");
    }
    if (Math.min(shape.channels(), shape.outChannels()) < width.lanes()) {
      return Optional.of("needs at least " + width.lanes() + " channels on both sides");
    }
    Optional<MemorySegment> weights = request.inputs().get(WEIGHTS).constant();
    if (weights.isEmpty()) {
      return Optional.of("needs constant weights");
    }
    return isFinite(shape, weights.get())
        ? Optional.empty()
        : Optional.of("the weights have infinities or NaN, which sums of points would spread");
  }

  private static boolean isDense(GemmShape.Axis axis) {
    return axis.taps() == axis.span();
  }

  /** The stride of a single output is of no meaning. */
  private static int stride(GemmShape.Axis axis) {
    return axis.outputs() == 1 ? 1 : axis.stride();
  }

  private static boolean isLine(KernelRequest request) {
    return request.output().shape().rank() < 4;
  }

  private static List<WinogradForm> forms(GemmShape shape) {
    GemmShape.Axis h = shape.height();
    GemmShape.Axis w = shape.width();
    return WinogradForm.of(h.taps(), w.taps(), stride(h), stride(w));
  }

  /** A product with an infinite weight would be lost in sums of points. */
  private static boolean isFinite(GemmShape shape, MemorySegment weights) {
    for (long set : shape.weightSets()) {
      for (int o = 0; o < shape.outChannels(); o++) {
        for (int c = 0; c < shape.channels(); c++) {
          long at = set + o * shape.weightOutStep() + c * shape.weightStep();
          for (long tap : shape.weightTaps()) {
            if (!Float.isFinite(weights.get(FLOAT, 4 * (at + tap)))) {
              return false;
            }
          }
        }
      }
    }
    return true;
  }

  /** The algorithms, the fastest first. */
  static List<Estimate> order(GemmShape shape, Width width) {
    List<Estimate> all = new ArrayList<>();
    all.add(new Estimate(Optional.empty(), direct(shape, width)));
    for (WinogradForm form : forms(shape)) {
      all.add(new Estimate(Optional.of(form), winograd(shape, width, form)));
    }
    all.sort(Comparator.comparingDouble(Estimate::cycles));
    return all;
  }

  /** Cycles of a core for one image and group. */
  private static double direct(GemmShape shape, Width width) {
    double pixels = (double) shape.height().outputs() * shape.width().outputs();
    return product(shape, width, pixels, shape.taps(), DIRECT_SHARE);
  }

  private static double winograd(GemmShape shape, Width width, WinogradForm form) {
    double tiles =
        (double) Math.ceilDiv(shape.height().outputs(), form.high.outputs)
            * Math.ceilDiv(shape.width().outputs(), form.wide.outputs);
    double products = product(shape, width, tiles, form.points(), WINOGRAD_SHARE);
    double vectors = vectors(shape.channels(), width) + vectors(shape.outChannels(), width);
    return products + tiles * vectors * transformCycles(form);
  }

  /**
   * Of one transform of a tile and a vector of channels: 50 for 16 points, 150 for 36. The points
   * of stride 2 fill no square and cost more: 520 for 25, 1900 for 81.
   */
  private static double transformCycles(WinogradForm form) {
    int points = form.points();
    return form.high.stride == 2 ? 22.0 * points : points * (2.5 + 0.046 * points);
  }

  /**
   * Weights beyond half of L2 stream from L3, large ones from memory: in a network they are not in
   * L3 any more when their turn comes again. Reading them adds to the time of the products, as Java
   * has no prefetch.
   */
  private static double product(GemmShape shape, Width width, double rows, int taps, double share) {
    double perCycle = width.bits() == 512 ? 1 : 2;
    double terms = (double) taps * shape.channels();
    double cycles = rows * terms * vectors(shape.outChannels(), width) / (perCycle * share);
    double bytes = terms * shape.outChannels() * Float.BYTES;
    if (bytes <= L2_BYTES) {
      return cycles;
    }
    return cycles + bytes / (bytes <= L3_BYTES ? L3_RATE : MEMORY_RATE);
  }

  private static double vectors(int channels, Width width) {
    return Math.ceilDiv(channels, width.lanes());
  }
}
