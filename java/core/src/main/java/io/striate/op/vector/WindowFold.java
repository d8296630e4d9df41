package io.striate.op.vector;

import java.lang.foreign.MemorySegment;

/**
 * Folds the taps of windows: vectors across contiguous lanes, plain loops elsewhere.
 *
 * <p>Lines of fewer lanes than a vector are computed in full vectors too: what lies beyond the
 * lanes is read and folded with them, as far as the source goes. The vectors are stored to a stage
 * one after the other, each over the surplus of the one before it, and the lanes copied from there.
 * So a 2x2 window of 6 channels costs 4 loads and 1 store, not 24 and 6.
 */
final class WindowFold {
  private final Windows windows;
  private final FoldKind kind;

  /** Lines that are staged at once. */
  private static final int STAGED = 64;

  private final Fold fold;
  private final Fold wholeFold; // for windows that lie inside the source
  private final int vector;
  private final WindowAxis axis0;
  private final WindowAxis axis1;
  private final WindowAxis axis2;

  WindowFold(Windows windows, FoldKind kind, Width width) {
    this.windows = windows;
    this.kind = kind;
    fold = Folds.of(width, kind);
    vector = width.lanes();
    axis0 = windows.axes[0];
    axis1 = windows.axes[1];
    axis2 = windows.axes[2];
    boolean small = Folds.hasSmall(kind, axis0.kernel, axis1.kernel, axis2.kernel);
    wholeFold = small ? Folds.small(width, kind, axis0.kernel, axis1.kernel) : fold;
  }

  /** Bytes of the stage that {@link #narrow} needs; 0 where it does nothing. */
  long stageBytes() {
    boolean staged = windows.laneAxis < 0 && windows.isContiguous() && windows.lanes < vector;
    return staged ? (STAGED * (long) windows.lanes + vector) * TileKernel.ELEMENT : 0;
  }

  /**
   * Folds the first of some lines that have fewer lanes than a vector, by vectors that read beyond
   * the lanes, but not beyond the source.
   *
   * @param stage memory of {@link #stageBytes}, from {@code stageAt} on
   * @return how many of the lines are done
   */
  int narrow(
      MemorySegment src,
      long srcAt,
      MemorySegment weights,
      MemorySegment dst,
      long dstAt,
      int o0,
      int o1,
      int o2,
      int lines,
      long srcLine,
      long dstLine,
      MemorySegment stage,
      long stageAt) {
    int lanes = windows.lanes;
    long row = lanes * TileKernel.ELEMENT;
    long room = src.byteSize() - vector * TileKernel.ELEMENT - srcAt;
    room -= reach(axis0, o0) + reach(axis1, o1) + reach(axis2, o2);
    int fitting = room < 0 ? 0 : srcLine <= 0 ? 1 : (int) Math.min(lines, room / srcLine + 1);
    for (int first = 0; first < fitting; first += STAGED) {
      int count = Math.min(STAGED, fitting - first);
      long from = srcAt + first * srcLine;
      long to = dstAt + first * dstLine;
      run(
          src,
          from,
          weights,
          stage,
          stageAt,
          TileKernel.ELEMENT,
          vector,
          o0,
          o1,
          o2,
          count,
          srcLine,
          row);
      if (dstLine == row) {
        Elements.copy(
            stage, stageAt, TileKernel.ELEMENT, dst, to, TileKernel.ELEMENT, count * lanes);
        continue;
      }
      for (int l = 0; l < count; l++) {
        long line = stageAt + l * row;
        Elements.copy(
            stage, line, TileKernel.ELEMENT, dst, to + l * dstLine, TileKernel.ELEMENT, lanes);
      }
    }
    return fitting;
  }

  /** From the first tap of a window to the furthest one. */
  private static long reach(WindowAxis axis, int o) {
    return Math.max(0, (axis.count[o] - 1) * axis.tapStep);
  }

  /**
   * Folds the windows of some lanes, as {@link Windows.Body} is given them.
   *
   * @param weights row-major, read by the weighted kind
   */
  void run(
      MemorySegment src,
      long srcAt,
      MemorySegment weights,
      MemorySegment dst,
      long dstAt,
      long dstStep,
      int lanes,
      int o0,
      int o1,
      int o2,
      int lines,
      long srcLine,
      long dstLine) {
    int count0 = axis0.count[o0];
    int count1 = axis1.count[o1];
    int count2 = axis2.count[o2];
    long weights1 = axis2.kernel * TileKernel.ELEMENT;
    long weights0 = axis1.kernel * weights1;
    long weightsAt =
        axis0.first[o0] * weights0
            + axis1.first[o1] * weights1
            + axis2.first[o2] * TileKernel.ELEMENT;
    float divisor = (float) ((long) axis0.divisor[o0] * axis1.divisor[o1] * axis2.divisor[o2]);
    if (kind == FoldKind.WEIGHTED) {
      divisor = sum(weights, weightsAt, count0, weights0, count1, weights1, count2);
    }
    boolean contiguous = windows.srcLaneStep == TileKernel.ELEMENT && dstStep == TileKernel.ELEMENT;
    if (contiguous && lanes >= vector) {
      boolean whole = count0 == axis0.kernel && count1 == axis1.kernel && count2 == axis2.kernel;
      Folds.lines(
          whole ? wholeFold : fold,
          vector,
          src,
          srcAt,
          count0,
          axis0.tapStep,
          count1,
          axis1.tapStep,
          count2,
          axis2.tapStep,
          weights,
          weightsAt,
          weights0,
          weights1,
          dst,
          dstAt,
          lanes,
          divisor,
          lines,
          srcLine,
          dstLine);
      return;
    }
    for (int l = 0; l < lines; l++) {
      each(
          src,
          srcAt + l * srcLine,
          weights,
          weightsAt,
          weights0,
          weights1,
          dst,
          dstAt + l * dstLine,
          dstStep,
          lanes,
          count0,
          count1,
          count2,
          divisor);
    }
  }

  /** The lanes of a line one by one. */
  private void each(
      MemorySegment src,
      long srcAt,
      MemorySegment weights,
      long weightsAt,
      long weights0,
      long weights1,
      MemorySegment dst,
      long dstAt,
      long dstStep,
      int lanes,
      int count0,
      int count1,
      int count2,
      float divisor) {
    for (int i = 0; i < lanes; i++) {
      long at = srcAt + i * windows.srcLaneStep;
      float acc = kind.start();
      for (int t0 = 0; t0 < count0; t0++) {
        for (int t1 = 0; t1 < count1; t1++) {
          long row = at + t0 * axis0.tapStep + t1 * axis1.tapStep;
          long rowWeights = weightsAt + t0 * weights0 + t1 * weights1;
          for (int t2 = 0; t2 < count2; t2++) {
            float weight =
                kind == FoldKind.WEIGHTED
                    ? Elements.get(weights, rowWeights + t2 * TileKernel.ELEMENT)
                    : 0;
            acc = kind.join(acc, Elements.get(src, row + t2 * axis2.tapStep), weight);
          }
        }
      }
      Elements.set(dst, dstAt + i * dstStep, kind.end(acc, divisor));
    }
  }

  /** The weights of the taps inside, in tap order. */
  private static float sum(
      MemorySegment weights, long at, int count0, long step0, int count1, long step1, int count2) {
    float sum = 0;
    for (int t0 = 0; t0 < count0; t0++) {
      for (int t1 = 0; t1 < count1; t1++) {
        for (int t2 = 0; t2 < count2; t2++) {
          sum += Elements.get(weights, at + t0 * step0 + t1 * step1 + t2 * TileKernel.ELEMENT);
        }
      }
    }
    return sum;
  }
}
