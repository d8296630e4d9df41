package io.striate.op.vector;

import io.striate.op.KernelRequest;
import io.striate.op.Softmax;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Softmax and its logarithm over one axis: maximum, exponentials and their sum, division.
 *
 * <p>A contiguous axis of at least a vector is worked along: sums run in four vectors of partial
 * sums, which are added in order. Otherwise vectors run across neighbouring axes, one accumulator
 * each. Axes that are neither contiguous themselves nor side by side are gathered into scratch and
 * worked across there. A NaN, or an infinity that is the maximum, makes its whole axis NaN.
 */
final class SoftmaxKernel extends TileKernel implements Lines.Body {
  private static final int PARTS = 4;

  /** An exponential, in units of an element copied. */
  private static final int EXP_COST = 4;

  private final Lines lines;
  private final boolean log;
  private final int axis;
  private final long srcStep;
  private final long dstStep;
  private final boolean along;
  private final boolean across;
  private final int vector;
  private final Fold max;
  private final Fold sum;
  private final LineMap exp;
  private final LineMap over;
  private final LineMap minusBoth;
  private final LineMap expOfDifference;
  private final LineMap divide;
  private final LineMap minusTwo;

  SoftmaxKernel(String id, KernelRequest request, Width width, Softmax op) {
    super(id, request, width);
    int dimension = request.output().shape().axis(op.axis());
    Strided src = Strided.of(request.input(0));
    Strided dst = Strided.of(request.output());
    log = op.log();
    axis = Math.toIntExact(dst.dims[dimension]);
    srcStep = src.strides[dimension];
    dstStep = dst.strides[dimension];
    vector = width.lanes();
    lines =
        new Lines(
            List.of(dst.without(1 << dimension), src.without(1 << dimension)),
            request.threads(),
            Math.min((long) axis * EXP_COST, 1 << 20));
    along = srcStep == ELEMENT && dstStep == ELEMENT && axis >= vector;
    across = lines.laneStride(0) == ELEMENT && lines.laneStride(1) == ELEMENT;
    max = Folds.of(width, FoldKind.MAX);
    sum = Folds.of(width, FoldKind.SUM);
    exp = LineMaps.of(width, LineFunction.EXP);
    over = LineMaps.of(width, LineFunction.OVER);
    minusBoth = LineMaps.of(width, LineFunction.MINUS_BOTH);
    expOfDifference = LineMaps.of(width, LineFunction.EXP_OF_DIFFERENCE);
    divide = LineMaps.of(width, LineFunction.DIV);
    minusTwo = LineMaps.of(width, LineFunction.MINUS_TWO);
  }

  @Override
  public int tiles() {
    return lines.tiles();
  }

  /** Partial sums; maximum, sum and one row of exponentials; gathered rows. */
  @Override
  public long scratchBytes() {
    return (PARTS + 3L + (along ? 0 : axis)) * width.bytes();
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    lines.run(this, in, out, scratch, first, last);
  }

  @Override
  public void line(
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      long at0,
      long at1,
      long at2,
      long at3,
      long at4,
      int count) {
    if (along) {
      for (int i = 0; i < count; i++) {
        row(in[0], at1 + i * lines.laneStride(1), out, at0 + i * lines.laneStride(0), scratch);
      }
      return;
    }
    for (int i = 0; i < count; i += vector) {
      lanes(
          in[0],
          at1 + i * lines.laneStride(1),
          out,
          at0 + i * lines.laneStride(0),
          Math.min(vector, count - i),
          scratch);
    }
  }

  /** One contiguous axis of at least a vector. */
  private void row(MemorySegment x, long xAt, MemorySegment y, long yAt, MemorySegment scratch) {
    float most = alongRow(max, FoldKind.MAX, x, xAt, scratch);
    int last = axis - vector;
    exp.run(x, xAt, x, 0, x, 0, x, 0, y, yAt, last, most, 0);
    float total = alongRow(sum, FoldKind.SUM, y, yAt, scratch);
    if (log) {
      minusBoth.run(x, xAt, x, 0, x, 0, x, 0, y, yAt, last, most, (float) Math.log(total));
    } else {
      // in place, so whole vectors only
      int whole = axis - axis % vector;
      over.run(y, yAt, y, 0, y, 0, y, 0, y, yAt, whole - vector, total, 0);
      for (int i = whole; i < axis; i++) {
        Elements.set(y, yAt + i * ELEMENT, Elements.get(y, yAt + i * ELEMENT) / total);
      }
    }
  }

  private float alongRow(
      Fold fold, FoldKind kind, MemorySegment x, long at, MemorySegment scratch) {
    int parts = PARTS * vector;
    int whole = axis / parts;
    float result = kind.start();
    if (whole > 0) {
      Folds.run(
          fold,
          vector,
          x,
          at,
          1,
          0,
          1,
          0,
          whole,
          parts * ELEMENT,
          x,
          0,
          0,
          0,
          scratch,
          0,
          parts,
          1);
      for (int i = 0; i < parts; i++) {
        result = kind.join(result, Elements.get(scratch, i * ELEMENT), 0);
      }
    }
    for (int i = whole * parts; i < axis; i++) {
      result = kind.join(result, Elements.get(x, at + i * ELEMENT), 0);
    }
    return result;
  }

  /** Up to a vector of neighbouring axes; fewer, or apart, are gathered first. */
  private void lanes(
      MemorySegment x, long xAt, MemorySegment y, long yAt, int count, MemorySegment scratch) {
    long bytes = width.bytes();
    long top = PARTS * bytes;
    long total = top + bytes;
    long rows = total + 2 * bytes;
    boolean inPlace = across && count == vector;
    if (!inPlace) {
      for (int i = 0; i < axis; i++) {
        long to = rows + i * bytes;
        Elements.copy(x, xAt + i * srcStep, lines.laneStride(1), scratch, to, ELEMENT, count);
        Elements.fill(scratch, to + count * ELEMENT, ELEMENT, vector - count, 0);
      }
    }
    MemorySegment from = inPlace ? x : scratch;
    final long fromAt = inPlace ? xAt : rows;
    final long fromStep = inPlace ? srcStep : bytes;
    MemorySegment to = inPlace ? y : scratch;
    final long toAt = inPlace ? yAt : rows;
    final long toStep = inPlace ? dstStep : bytes;
    Folds.run(
        max, vector, from, fromAt, 1, 0, 1, 0, axis, fromStep, x, 0, 0, 0, scratch, top, vector, 1);
    if (log) {
      sumOfExps(from, fromAt, fromStep, scratch, top, total);
      for (int i = 0; i < vector; i++) {
        long at = total + i * ELEMENT;
        Elements.set(scratch, at, (float) Math.log(Elements.get(scratch, at)));
      }
      for (int i = 0; i < axis; i++) {
        minusTwo.run(
            from,
            fromAt + i * fromStep,
            scratch,
            top,
            scratch,
            total,
            x,
            0,
            to,
            toAt + i * toStep,
            0,
            0,
            0);
      }
    } else {
      for (int i = 0; i < axis; i++) {
        expOfDifference.run(
            from, fromAt + i * fromStep, scratch, top, x, 0, x, 0, to, toAt + i * toStep, 0, 0, 0);
      }
      Folds.run(
          sum, vector, to, toAt, 1, 0, 1, 0, axis, toStep, x, 0, 0, 0, scratch, total, vector, 1);
      for (int i = 0; i < axis; i++) {
        divide.run(
            to, toAt + i * toStep, scratch, total, x, 0, x, 0, to, toAt + i * toStep, 0, 0, 0);
      }
    }
    if (!inPlace) {
      for (int i = 0; i < axis; i++) {
        Elements.copy(
            scratch, rows + i * bytes, ELEMENT, y, yAt + i * dstStep, lines.laneStride(0), count);
      }
    }
  }

  /** Σ exp(x - top) without storing the exponentials, in axis order. */
  private void sumOfExps(
      MemorySegment from, long at, long step, MemorySegment scratch, long top, long total) {
    long row = total + width.bytes();
    Elements.fill(scratch, total, ELEMENT, vector, 0);
    for (int i = 0; i < axis; i++) {
      expOfDifference.run(
          from, at + i * step, scratch, top, scratch, 0, scratch, 0, scratch, row, 0, 0, 0);
      for (int l = 0; l < vector; l++) {
        long sumAt = total + l * ELEMENT;
        Elements.set(
            scratch,
            sumAt,
            Elements.get(scratch, sumAt) + Elements.get(scratch, row + l * ELEMENT));
      }
    }
  }
}
