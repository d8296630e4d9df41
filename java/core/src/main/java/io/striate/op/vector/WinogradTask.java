package io.striate.op.vector;

import io.striate.op.vector.WinogradPasses.Step;
import io.striate.op.vector.WinogradPasses.Variant;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

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
 * <p>A form of one row or column of taps has one pass each: inputs from the copied source to V,
 * outputs from M to the destination.
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
  private final WinogradAxis high;
  private final WinogradAxis wide;
  private final boolean isRow; // one row of taps
  private final boolean isColumn;
  private final WinogradPass inputDown;
  private final WinogradPass inputAlong;
  private final Optional<WinogradPass> output; // where there are rows and columns of taps
  private final WinogradPass[]
      finish; // by columns, or where taps are a column rows, that are stored
  private final LineMap activate;

  WinogradTask(WinogradPlan plan) {
    this.plan = plan;
    shape = plan.shape;
    adds = shape.residual().present();
    bytes = plan.width.bytes();
    high = plan.high;
    wide = plan.wide;
    isRow = high == WinogradAxis.ONE;
    isColumn = wide == WinogradAxis.ONE;
    WinogradAxis down = isRow ? wide : high;
    WinogradAxis along = isColumn ? high : wide;
    inputDown = WinogradPasses.of(Variant.plain(plan.width, down, Step.INPUT));
    inputAlong = WinogradPasses.of(Variant.plain(plan.width, along, Step.INPUT));
    output =
        isRow || isColumn
            ? Optional.empty()
            : Optional.of(WinogradPasses.of(Variant.plain(plan.width, down, Step.OUTPUT)));
    int size = isColumn ? shape.height().outputs() : shape.width().outputs();
    finish = new WinogradPass[along.outputs + 1];
    if (size >= along.outputs) {
      finish[along.outputs] = finishing(along, along.outputs);
    }
    int partial = size % along.outputs;
    if (partial > 0) {
      finish[partial] = finishing(along, partial);
    }
    activate = LineMaps.of(plan.width, LineFunction.IDENTITY, 0, shape.activation().kind());
  }

  private WinogradPass finishing(WinogradAxis axis, int stored) {
    return WinogradPasses.of(
        new Variant(plan.width, axis, Step.FINISH, stored, adds, plan.passKind()));
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
      long pointsAt = plan.inputsAt + tile * plan.inputRow + first;
      if (isRow) {
        along(scratch, first, plan.inputRow, 0, pointsAt, 1, vectors, tiles);
      } else if (isColumn) {
        long pixel = plan.inputRow;
        pass(
            inputDown,
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
        pass(
            inputDown,
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
    pass(
        inputAlong,
        scratch,
        from,
        column,
        line,
        wide.outputs * column,
        pointsAt,
        plan.inputPoint,
        wide.points * plan.inputPoint,
        plan.inputRow,
        lines,
        vectors,
        tiles);
  }

  /** A pass within scratch that does not finish. */
  private static void pass(
      WinogradPass pass,
      MemorySegment scratch,
      long from,
      long srcPoint,
      long srcOuter,
      long srcInner,
      long to,
      long dstPoint,
      long dstOuter,
      long dstInner,
      int outer,
      int vectors,
      int inner) {
    pass.run(
        scratch, from, srcPoint, srcOuter, srcInner, scratch, to, dstPoint, dstOuter, dstInner,
        scratch, 0, scratch, 0, 0, 0, 0, outer, vectors, inner, 0, 0);
  }

  /** Vectors of the chunk that begins with channel {@code c}; one for a last part of a vector. */
  private int vectors(int c, int channels) {
    return Math.clamp((channels - c) / plan.width.lanes(), 1, plan.chunk);
  }

  /** The rows of source that a segment reads, to the start of scratch. */
  private void copy(
      int image, int row, int firstTile, int columns, MemorySegment src, MemorySegment scratch) {
    GemmShape.Axis heights = shape.height();
    int h = row * high.outputs + heights.least();
    int w = firstTile * wide.outputs + shape.width().least();
    long pixels = (long) columns * shape.channels();
    for (int i = 0; i < high.points; i++) {
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
    int row = segment / plan.segmentsWide % plan.tilesHigh * high.outputs;
    int image = segment / plan.segmentsWide / plan.tilesHigh * plan.groups + group;
    int column = plan.firstTile(strip) * wide.outputs;
    int tiles = plan.firstTile(strip + 1) - plan.firstTile(strip);
    int rows = Math.min(high.outputs, shape.height().outputs() - row);
    int columns = Math.min(tiles * wide.outputs, shape.width().outputs() - column);
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
      long from = plan.productsAt + tile * plan.productRow + 4L * first;
      long shift = 4L * (first - begin);
      if (isColumn) {
        finish(
            rows,
            from,
            plan.productPoint,
            0,
            plan.productRow,
            to,
            toAt + shift,
            line,
            0,
            pixel,
            first,
            residual,
            residualAt + shift,
            1,
            vectors,
            columns,
            scratch);
        c += vectors * plan.width.lanes();
        continue;
      }
      long point = plan.productPoint;
      long plane = 0;
      long next = plan.productRow;
      if (output.isPresent()) {
        point = step;
        next = wide.points * step;
        plane = tiles * next;
        pass(
            output.get(),
            scratch,
            from,
            wide.points * plan.productPoint,
            plan.productPoint,
            plan.productRow,
            plan.bufferAt,
            plane,
            step,
            next,
            wide.points,
            vectors,
            tiles);
        from = plan.bufferAt;
      }
      int whole = columns / wide.outputs;
      if (whole > 0) {
        finish(
            wide.outputs,
            from,
            point,
            plane,
            next,
            to,
            toAt + shift,
            pixel,
            line,
            wide.outputs * pixel,
            first,
            residual,
            residualAt + shift,
            rows,
            vectors,
            whole,
            scratch);
      }
      if (whole < tiles) {
        long before = (long) whole * wide.outputs;
        finish(
            columns - whole * wide.outputs,
            from + whole * next,
            point,
            plane,
            next,
            to,
            toAt + shift + before * pixel,
            pixel,
            line,
            wide.outputs * pixel,
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

  /** The last pass, along the rows, or where taps are a column down the columns. */
  private void finish(
      int stored,
      long from,
      long point,
      long plane,
      long next,
      MemorySegment to,
      long toAt,
      long toPoint,
      long toPlane,
      long toNext,
      int channel,
      MemorySegment residual,
      long residualAt,
      int outer,
      int vectors,
      int count,
      MemorySegment scratch) {
    long width = 4 * shape.residual().width();
    long height = 4 * shape.residual().height();
    finish[stored].run(
        scratch,
        from,
        point,
        plane,
        next,
        to,
        toAt,
        toPoint,
        toPlane,
        toNext,
        scratch,
        plan.biasAt + 4L * channel,
        adds ? residual : scratch,
        residualAt,
        isColumn ? height : width,
        isColumn ? 0 : height,
        isColumn ? width : wide.outputs * width,
        outer,
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
