package io.striate.op.vector;

import io.striate.op.vector.WinogradPasses.Step;
import io.striate.op.vector.WinogradPasses.Variant;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * The output transforms of a Winograd convolution, from M[point][tile][channel] to the destination.
 *
 * <p>A pass down the columns goes to a buffer in L1, a pass along the rows from there to the
 * destination with bias, residual and activation; a long activation waits until a segment is done.
 * Both walk a chunk of vectors of channels at a time, as {@link WinogradInputs}. A form of one row
 * or column of taps has one pass, from M to the destination.
 *
 * <p>Per tile and vector of channels F(4x4) loads and stores 40 vectors or more (24 + 16), F(2x2)
 * 12 (8 + 4).
 */
final class WinogradOutputs {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final WinogradPlan plan;
  private final GemmShape shape;
  private final boolean adds;
  private final long bytes;
  private final WinogradAxis high;
  private final WinogradAxis wide;
  private final boolean isColumn; // of taps
  private final Optional<WinogradPass> down; // where there are rows and columns of taps

  /** By the results of a line that are stored; along the rows, or down a column of taps. */
  private final WinogradPass[] finish;

  private final LineMap activate;

  WinogradOutputs(WinogradPlan plan) {
    this.plan = plan;
    shape = plan.shape;
    adds = shape.residual().present();
    bytes = plan.width.bytes();
    high = plan.high;
    wide = plan.wide;
    isColumn = wide == WinogradAxis.ONE;
    down =
        isColumn || high == WinogradAxis.ONE
            ? Optional.empty()
            : Optional.of(WinogradPasses.of(Variant.plain(plan.width, high, Step.OUTPUT)));
    WinogradAxis last = isColumn ? high : wide;
    int size = isColumn ? shape.height().outputs() : shape.width().outputs();
    finish = new WinogradPass[last.outputs + 1];
    if (size >= last.outputs) {
      finish[last.outputs] = finishing(last, last.outputs);
    }
    int partial = size % last.outputs;
    if (partial > 0) {
      finish[partial] = finishing(last, partial);
    }
    activate = LineMaps.of(plan.width, LineFunction.IDENTITY, 0, shape.activation().kind());
  }

  private WinogradPass finishing(WinogradAxis axis, int stored) {
    return WinogradPasses.of(
        new Variant(plan.width, axis, Step.FINISH, stored, adds, plan.passKind()));
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
  void transform(
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
      int vectors = plan.chunkVectors(c, end);
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
      if (down.isPresent()) {
        point = step;
        next = wide.points * step;
        plane = tiles * next;
        down.get()
            .within(
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
