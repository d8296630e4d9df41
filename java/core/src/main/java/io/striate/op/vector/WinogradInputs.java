package io.striate.op.vector;

import io.striate.op.vector.WinogradPasses.Step;
import io.striate.op.vector.WinogradPasses.Variant;
import java.lang.foreign.MemorySegment;

/**
 * The input transforms of a Winograd convolution, from the source to V[point][tile][channel].
 *
 * <p>The rows of source of a segment are copied to scratch with zeros around them; a pass down the
 * columns, whose results neighbouring tiles share, goes to a buffer in L1, a pass along the rows
 * from there to V. Both walk a chunk of vectors of channels at a time; channels past the last whole
 * vector are computed by one that overlaps it, to the same bits. A form of one row or column of
 * taps has one pass, from the copied source to V.
 *
 * <p>Per tile and vector of channels F(4x4) loads and stores 60 vectors (24 + 36), F(2x2) 24 (8 +
 * 16).
 */
final class WinogradInputs {
  private final WinogradPlan plan;
  private final GemmShape shape;
  private final BlockCopy blockCopy;
  private final long bytes;
  private final WinogradAxis high;
  private final WinogradAxis wide;
  private final boolean isRow; // one row of taps
  private final boolean isColumn;
  private final WinogradPass down;
  private final WinogradPass alongRows;

  WinogradInputs(WinogradPlan plan) {
    this.plan = plan;
    shape = plan.shape;
    bytes = plan.width.bytes();
    high = plan.high;
    wide = plan.wide;
    blockCopy = new BlockCopy(shape, plan.width);
    isRow = high == WinogradAxis.ONE;
    isColumn = wide == WinogradAxis.ONE;
    down = WinogradPasses.of(Variant.plain(plan.width, isRow ? wide : high, Step.INPUT));
    alongRows = WinogradPasses.of(Variant.plain(plan.width, isColumn ? high : wide, Step.INPUT));
  }

  /** Fills V for a segment whose first tile is number {@code tile} of the block. */
  void transform(int group, int segment, int tile, MemorySegment src, MemorySegment scratch) {
    int part = segment % plan.segmentsWide;
    int row = segment / plan.segmentsWide % plan.tilesHigh;
    int image = segment / plan.segmentsWide / plan.tilesHigh;
    int tiles = plan.firstTile(part + 1) - plan.firstTile(part);
    int columns = plan.columns(tiles);
    long rowBytes = columns * plan.inputRow;
    copy(image * plan.groups + group, row, plan.firstTile(part), columns, src, scratch);
    int channels = shape.channels();
    for (int c = 0; c < channels; ) {
      int vectors = plan.chunkVectors(c, channels);
      long first = 4L * Math.min(c, channels - plan.width.lanes());
      long step = vectors * bytes;
      long pointsAt = plan.inputsAt + tile * plan.inputRow + first;
      if (isRow) {
        along(scratch, first, plan.inputRow, 0, pointsAt, 1, vectors, tiles);
      } else if (isColumn) {
        long pixel = plan.inputRow;
        down.within(
            scratch,
            first,
            rowBytes,
            0,
            pixel,
            pointsAt,
            plan.inputPoint,
            0,
            pixel,
            1,
            vectors,
            columns);
      } else {
        down.within(
            scratch,
            first,
            rowBytes,
            0,
            plan.inputRow,
            plan.bufferAt,
            columns * step,
            0,
            step,
            1,
            vectors,
            columns);
        along(scratch, plan.bufferAt, step, columns * step, pointsAt, high.points, vectors, tiles);
      }
      c += vectors * plan.width.lanes();
    }
  }

  /** The pass along the rows to V, of lines whose columns are {@code column} bytes apart. */
  private void along(
      MemorySegment scratch,
      long from,
      long column,
      long line,
      long pointsAt,
      int lines,
      int vectors,
      int tiles) {
    alongRows.within(
        scratch,
        from,
        column,
        line,
        (long) wide.outputs * wide.stride * column,
        pointsAt,
        plan.inputPoint,
        wide.points * plan.inputPoint,
        plan.inputRow,
        lines,
        vectors,
        tiles);
  }

  /** The rows of source that a segment reads, to the start of scratch. */
  private void copy(
      int image, int row, int firstTile, int columns, MemorySegment src, MemorySegment scratch) {
    GemmShape.Axis heights = shape.height();
    int h = row * high.outputs * high.stride + heights.least();
    int w = firstTile * wide.outputs * wide.stride + shape.width().least();
    long pixels = (long) columns * shape.channels();
    for (int i = 0; i < high.points; i++) {
      if (h + i < 0 || h + i >= heights.size()) {
        BlockCopy.zero(scratch, i * pixels, pixels);
      } else {
        long from = shape.src().images()[image] + (h + i) * shape.src().height();
        blockCopy.row(src, from, w, columns, scratch, i * pixels);
      }
    }
  }
}
