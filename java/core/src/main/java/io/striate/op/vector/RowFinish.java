package io.striate.op.vector;

import io.striate.op.Activation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * What the micro-kernels leave of an epilogue: long activations, and rows that are not whole
 * vectors of neighbouring channels.
 *
 * <p>A row of at least one vector of neighbouring channels goes from its sums to the destination in
 * whole vectors, the last of which may overlap the one before it. Where all rows of a block lie
 * side by side in the destination, an activation takes them in one go, and narrower rows are moved
 * together first. Other narrow rows, and rows whose channels are apart, are completed in the sums,
 * which are whole vectors, and copied one by one: masked stores are slow below AVX-512, and nothing
 * may be written beyond the last channel.
 */
final class RowFinish {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final GemmPlan plan;
  private final int lanes;
  private final Activation activation;
  private final boolean adds;
  private final boolean dense;
  private final boolean sideBySide;
  private final LineMap whole;
  private final LineMap alone;
  private final Optional<RowPacking> packing; // if narrow rows are moved together

  RowFinish(GemmPlan plan) {
    this.plan = plan;
    GemmShape shape = plan.shape;
    lanes = plan.width.lanes();
    activation = shape.activation();
    adds = shape.residual().present();
    dense = shape.dst().channel() == 1 && (!adds || shape.residual().channel() == 1);
    sideBySide = dense && isSideBySide(plan);
    if (sideBySide && !adds && shape.outChannels() < lanes) {
      packing = Optional.of(RowPacking.Emitted.of(plan.width));
    } else {
      packing = Optional.empty();
    }
    LineFunction function = adds ? LineFunction.ADD : LineFunction.IDENTITY;
    whole = LineMaps.of(plan.width, function, 0, activation.kind());
    alone = LineMaps.of(plan.width, LineFunction.IDENTITY, 0, activation.kind());
  }

  private static boolean isSideBySide(GemmPlan plan) {
    long row = (long) Float.BYTES * plan.shape.outChannels();
    for (int r = 0; r < plan.dstRows.length; r++) {
      if (plan.dstRows[r] != r * row) {
        return false;
      }
    }
    return true;
  }

  /** Applies the activation to rows of whole vectors in the destination. All offsets in bytes. */
  void activate(MemorySegment dst, long dstBase, int rows, int channels) {
    if (sideBySide && channels == plan.shape.outChannels()) {
      map(alone, dst, dstBase, dst, 0, dst, dstBase, rows * channels);
      return;
    }
    for (int r = 0; r < rows; r++) {
      map(alone, dst, dstBase + plan.dstRows[r], dst, 0, dst, dstBase + plan.dstRows[r], channels);
    }
  }

  /**
   * {@code dst = activation(sums + residual)} for the rows from {@code first} to {@code end}.
   *
   * @param sumsBase row r begins at {@code sumsBase + r·rowBytes}; overwritten
   */
  void complete(
      MemorySegment sums,
      long sumsBase,
      long rowBytes,
      MemorySegment residual,
      long residualBase,
      MemorySegment dst,
      long dstBase,
      int first,
      int end,
      int channels) {
    if (dense && channels >= lanes) {
      for (int r = first; r < end; r++) {
        long other = adds ? residualBase + plan.residualRows[r] : 0;
        long from = sumsBase + r * rowBytes;
        map(whole, sums, from, residual, other, dst, dstBase + plan.dstRows[r], channels);
      }
      return;
    }
    if (packing.isPresent() && (end - first) * channels >= lanes) {
      long from = sumsBase + first * rowBytes;
      packing.get().run(sums, from, 4L * channels, end - first);
      int count = (end - first) * channels;
      map(alone, sums, from, sums, 0, dst, dstBase + plan.dstRows[first], count);
      return;
    }
    if (adds) {
      long step = 4 * plan.shape.residual().channel();
      for (int r = first; r < end; r++) {
        long other = residualBase + plan.residualRows[r];
        addEach(sums, sumsBase + r * rowBytes, residual, other, step, channels);
      }
    }
    if (!activation.isNone() && first < end) {
      long from = sumsBase + first * rowBytes;
      map(alone, sums, from, sums, 0, sums, from, (int) ((end - first) * rowBytes / Float.BYTES));
    }
    for (int r = first; r < end; r++) {
      long to = dstBase + plan.dstRows[r];
      copyEach(sums, sumsBase + r * rowBytes, dst, to, 4 * plan.shape.dst().channel(), channels);
    }
  }

  private void map(
      LineMap map,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment dst,
      long dstAt,
      int count) {
    float alpha = activation.alpha();
    float beta = activation.beta();
    map.run(a, aAt, b, bAt, a, 0, a, 0, dst, dstAt, count - lanes, alpha, beta);
  }

  private static void addEach(
      MemorySegment sums, long at, MemorySegment residual, long from, long step, int channels) {
    for (int c = 0; c < channels; c++) {
      float sum = sums.get(FLOAT, at + 4L * c) + residual.get(FLOAT, from + step * c);
      sums.set(FLOAT, at + 4L * c, sum);
    }
  }

  private static void copyEach(
      MemorySegment sums, long at, MemorySegment dst, long to, long step, int channels) {
    for (int c = 0; c < channels; c++) {
      dst.set(FLOAT, to + step * c, sums.get(FLOAT, at + 4L * c));
    }
  }
}
