package io.striate.op.vector;

import io.striate.op.vector.WinogradPasses.Step;
import io.striate.op.vector.WinogradPasses.Variant;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The transforms of a Winograd convolution.
 *
 * <p>Inputs of a segment: its rows of source are copied to scratch with zeros around them; a pass
 * down the columns, whose results neighbouring tiles share, goes to a buffer in L1, a pass along
 * the rows from there to V[point][tile][channel]. Outputs: from M[point][tile][channel] down the
 * columns to the buffer, along the rows from there to the destination with bias, residual and
 * activation. Both walk a chunk of vectors of channels at a time; channels past the last whole
 * vector are computed by one that overlaps it, to the same bits.
 *
 * <p>Per tile and vector of channels F(4x4) loads and stores 60 vectors of inputs (24 + 36) and 40
 * or more of outputs (24 + 16), F(2x2) 24 (8 + 16) and 12 (8 + 4).
 */
final class WinogradTask {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final WinogradPlan plan;
  private final GemmShape shape;
  private final boolean adds;
  private final long bytes;
  private final int m;
  private final long n;
  private final WinogradPass input;
  private final WinogradPass output;
  private final WinogradPass[] finish; // by columns that are stored
  private final LineMap activate;

  WinogradTask(WinogradPlan plan) {
    this.plan = plan;
    shape = plan.shape;
    adds = shape.residual().present();
    bytes = plan.width.bytes();
    m = plan.transform.outputs;
    n = plan.transform.points;
    input = WinogradPasses.of(Variant.plain(plan.width, plan.transform, Step.INPUT));
    output = WinogradPasses.of(Variant.plain(plan.width, plan.transform, Step.OUTPUT));
    finish = new WinogradPass[m + 1];
    if (shape.width().outputs() >= m) {
      finish[m] = finishing(m);
    }
    int partial = shape.width().outputs() % m;
    if (partial > 0) {
      finish[partial] = finishing(partial);
    }
    activate = LineMaps.of(plan.width, LineFunction.IDENTITY, 0, shape.activation().kind());
  }

  private WinogradPass finishing(int stored) {
    return WinogradPasses.of(
        new Variant(plan.width, plan.transform, Step.FINISH, stored, adds, plan.passKind()));
  }

  /** Fills V for a segment whose first tile is number {@code tile} of the block. */
  void inputs(int group, int segment, int tile, MemorySegment src, MemorySegment scratch) {
    int part = segment % plan.segmentsWide;
    int row = segment / plan.segmentsWide % plan.tilesHigh;
    int image = segment / plan.segmentsWide / plan.tilesHigh;
    int tiles = plan.firstTile(part + 1) - plan.firstTile(part);
    int columns = plan.columns(tiles);
    long rowBytes = columns * plan.inputRow;
    copy(image * plan.groups + group, row, plan.firstTile(part), columns, src, scratch);
    int channels = shape.channels();
    for (int c = 0; c < channels; ) {
      int vectors = vectors(c, channels);
      long first = 4L * Math.min(c, channels - plan.width.lanes());
      long step = vectors * bytes;
      input.run(
          scratch,
          first,
          rowBytes,
          0,
          plan.inputRow,
          scratch,
          plan.bufferAt,
          columns * step,
          0,
          step,
          scratch,
          0,
          scratch,
          0,
          0,
          0,
          0,
          1,
          vectors,
          columns,
          0,
          0);
      input.run(
          scratch,
          plan.bufferAt,
          step,
          columns * step,
          m * step,
          scratch,
          plan.inputsAt + tile * plan.inputRow + first,
          plan.inputPoint,
          n * plan.inputPoint,
          plan.inputRow,
          scratch,
          0,
          scratch,
          0,
          0,
          0,
          0,
          plan.transform.points,
          vectors,
          tiles,
          0,
          0);
      c += vectors * plan.width.lanes();
    }
  }

  /** Vectors of the chunk that begins with channel {@code c}; one for a last part of a vector. */
  private int vectors(int c, int channels) {
    return Math.clamp((channels - c) / plan.width.lanes(), 1, plan.chunk);
  }

  /** The rows of source that a segment reads, to the start of scratch. */
  private void copy(
      int image, int row, int firstTile, int columns, MemorySegment src, MemorySegment scratch) {
    GemmShape.Axis heights = shape.height();
    int h = row * m + heights.least();
    int w = firstTile * m + shape.width().least();
    long pixels = (long) columns * shape.channels();
    for (int i = 0; i < n; i++) {
      if (h + i < 0 || h + i >= heights.size()) {
        BlockCopy.zero(scratch, i * pixels, pixels);
      } else {
        long from = shape.src().images()[image] + (h + i) * shape.src().height();
        BlockCopy.row(shape, src, from, w, columns, scratch, i * pixels);
      }
    }
  }

  /** The bias of a group, to scratch; zeros where there is none and past the last channel. */
  void bias(int group, MemorySegment bias, MemorySegment scratch) {
    boolean present = bias.byteSize() > 0;
    for (int c = 0; c < plan.productRow / 4; c++) {
      float value =
          present && c < shape.outChannels()
              ? bias.get(FLOAT, 4 * (shape.biasSets()[group] + c * shape.biasStep()))
              : 0f;
      scratch.set(FLOAT, plan.biasAt + 4L * c, value);
    }
  }

  /** The outputs of a segment, channels of a part, from M. */
  void outputs(
      int group,
      int part,
      int segment,
      int tile,
      MemorySegment residual,
      MemorySegment dst,
      MemorySegment scratch) {
    int strip = segment % plan.segmentsWide;
    int row = segment / plan.segmentsWide % plan.tilesHigh * m;
    int image = segment / plan.segmentsWide / plan.tilesHigh * plan.groups + group;
    int column = plan.firstTile(strip) * m;
    int tiles = plan.firstTile(strip + 1) - plan.firstTile(strip);
    int rows = Math.min(m, shape.height().outputs() - row);
    int columns = Math.min(tiles * m, shape.width().outputs() - column);
    int begin = plan.firstChannel(part);
    int end = plan.firstChannel(part + 1);
    long dstAt = at(shape.dst(), image, row, column) + 4L * begin;
    long residualAt = adds ? at(shape.residual(), image, row, column) + 4L * begin : 0;
    long pixel = plan.staged ? 4L * (end - begin) : 4 * shape.dst().width();
    long line = plan.staged ? columns * pixel : 4 * shape.dst().height();
    MemorySegment to = plan.staged ? scratch : dst;
    long toAt = plan.staged ? plan.inputsAt : dstAt;
    for (int c = begin; c < end; ) {
      int vectors = vectors(c, end);
      int first = Math.min(c, end - plan.width.lanes());
      long step = vectors * bytes;
      output.run(
          scratch,
          plan.productsAt + tile * plan.productRow + 4L * first,
          n * plan.productPoint,
          plan.productPoint,
          plan.productRow,
          scratch,
          plan.bufferAt,
          tiles * n * step,
          step,
          n * step,
          scratch,
          0,
          scratch,
          0,
          0,
          0,
          0,
          plan.transform.points,
          vectors,
          tiles,
          0,
          0);
      int whole = columns / m;
      long shift = 4L * (first - begin);
      if (whole > 0) {
        finish(
            m,
            plan.bufferAt,
            step,
            tiles,
            to,
            toAt + shift,
            pixel,
            line,
            first,
            residual,
            residualAt + shift,
            rows,
            vectors,
            whole,
            scratch);
      }
      if (whole < tiles) {
        long before = (long) whole * m;
        finish(
            columns - whole * m,
            plan.bufferAt + whole * n * step,
            step,
            tiles,
            to,
            toAt + shift + before * pixel,
            pixel,
            line,
            first,
            residual,
            residualAt + shift + before * 4 * shape.residual().width(),
            rows,
            vectors,
            1,
            scratch);
      }
      c += vectors * plan.width.lanes();
    }
    if (plan.staged) {
      activate(rows, columns, end - begin, dst, dstAt, scratch);
    }
  }

  private void finish(
      int stored,
      long from,
      long step,
      int tiles,
      MemorySegment to,
      long toAt,
      long pixel,
      long line,
      int channel,
      MemorySegment residual,
      long residualAt,
      int rows,
      int vectors,
      int count,
      MemorySegment scratch) {
    finish[stored].run(
        scratch,
        from,
        step,
        tiles * n * step,
        n * step,
        to,
        toAt,
        pixel,
        line,
        m * pixel,
        scratch,
        plan.biasAt + 4L * channel,
        adds ? residual : scratch,
        residualAt,
        4 * shape.residual().width(),
        4 * shape.residual().height(),
        4L * m * shape.residual().width(),
        rows,
        vectors,
        count,
        shape.activation().alpha(),
        shape.activation().beta());
  }

  /** From scratch to the destination; rows that are dense there in one go. */
  private void activate(
      int rows, int columns, int channels, MemorySegment dst, long dstAt, MemorySegment scratch) {
    boolean dense = shape.dst().width() == channels;
    int count = dense ? columns * channels : channels;
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < (dense ? 1 : columns); c++) {
        activate.run(
            scratch,
            plan.inputsAt + 4L * channels * ((long) r * columns + c),
            scratch,
            0,
            scratch,
            0,
            scratch,
            0,
            dst,
            dstAt + 4 * (r * shape.dst().height() + c * shape.dst().width()),
            count - plan.width.lanes(),
            shape.activation().alpha(),
            shape.activation().beta());
      }
    }
  }

  private static long at(GemmShape.Strided steps, int image, int row, int column) {
    return 4 * (steps.images()[image] + row * steps.height() + column * steps.width());
  }
}
