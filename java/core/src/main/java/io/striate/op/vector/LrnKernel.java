package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.KernelRequest;
import io.striate.op.Lrn;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Local response normalisation: sums of squares of a line by {@link WindowFold} into scratch, then
 * one map over the line. Across adjacent channels the squares go to scratch first, between zeros,
 * and the sums are a fold over shifted vectors of them. beta 1/2, 3/4 and 1 are roots and a
 * division, any other is Math.pow in double.
 */
final class LrnKernel extends TileKernel implements Windows.Body {
  private static final int MOST_NEIGHBOURS = 64;

  private final Windows windows;
  private final WindowFold fold;
  private final WindowAxis[] axes;
  private final float factor;
  private final float k;
  private final double beta;
  private final boolean roots;
  private final StagedMap map;
  private final long sumsBytes;

  /** Whether a line of adjacent channels goes through squares in scratch. */
  private final boolean squares;

  private final LineMap square;
  private final Fold neighbours;
  private final int size;
  private final long squaresAt;
  private final long squaresBytes;

  LrnKernel(String id, KernelRequest request, Width width, Lrn op) {
    super(id, request, width);
    Strided src = Strided.of(request.input(0));
    Strided dst = Strided.of(request.output());
    int before = (op.size() - 1) / 2;
    int after = op.size() - 1 - before;
    List<Integer> dimensions = op.within() ? List.of(2, 3) : List.of(1);
    List<WindowAxis> list =
        dimensions.stream()
            .map(d -> new WindowAxis(src, dst, d, op.size(), 1, 1, before, after, false))
            .toList();
    windows = new Windows(src, dst, list, request.threads(), 8);
    fold = new WindowFold(windows, FoldKind.SQUARES, width);
    axes = windows.axes;
    double n = op.within() ? (double) op.size() * op.size() : op.size();
    factor = (float) (op.alpha() / n);
    k = op.k();
    beta = op.beta();
    roots = beta == 0.5 || beta == 0.75 || beta == 1;
    LineFunction function =
        beta == 0.5
            ? LineFunction.OVER_ROOT
            : beta == 0.75 ? LineFunction.OVER_ROOTS : LineFunction.OVER_SUM;
    map =
        new StagedMap(
            width, function, Activation.NONE, windows.dstLaneStep, windows.srcLaneStep, ELEMENT);
    sumsBytes = (windows.mostLanes() * ELEMENT + 63) / 64 * 64;
    size = op.size();
    squares =
        windows.laneAxis == 0
            && !op.within()
            && windows.isContiguous()
            && windows.lanes >= width.lanes()
            && size <= MOST_NEIGHBOURS;
    square = LineMaps.of(width, LineFunction.SQUARE);
    neighbours = Folds.of(width, FoldKind.SUM);
    squaresAt = sumsBytes + map.scratchBytes();
    squaresBytes = squares ? (windows.lanes + size) * ELEMENT : 0;
  }

  @Override
  public int tiles() {
    return windows.tiles();
  }

  @Override
  public long scratchBytes() {
    return squaresAt + squaresBytes;
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    if (squares) {
      Elements.fill(scratch, squaresAt, ELEMENT, windows.lanes + size, 0);
    }
    windows.run(this, in, out, scratch, first, last);
  }

  /**
   * The sums of a line of adjacent channels: zeros at both ends of the squares stay as they are.
   */
  private void sumNeighbours(MemorySegment src, long at, MemorySegment scratch) {
    int lanes = windows.lanes;
    long to = squaresAt + (size - 1) / 2 * ELEMENT;
    square.run(src, at, src, 0, src, 0, src, 0, scratch, to, lanes - width.lanes(), 0, 0);
    Folds.run(
        neighbours,
        width.lanes(),
        scratch,
        squaresAt,
        1,
        0,
        1,
        0,
        size,
        ELEMENT,
        scratch,
        0,
        0,
        0,
        scratch,
        0,
        lanes,
        1);
  }

  @Override
  public void segment(
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      long srcAt,
      long dstAt,
      int lanes,
      int o0,
      int o1,
      int o2,
      int lines,
      long srcLine,
      long dstLine) {
    // o1 or o2 runs along the lines, but the way to a window's centre stays the same
    for (int l = 0; l < lines; l++) {
      line(in, out, scratch, srcAt + l * srcLine, dstAt + l * dstLine, lanes, o0, o1, o2);
    }
  }

  private void line(
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      long srcAt,
      long dstAt,
      int lanes,
      int o0,
      int o1,
      int o2) {
    // the lanes of a line may come as several segments, the map takes them all at once
    int begin = windows.laneAxis < 0 ? 0 : windows.laneAxis == 0 ? o0 : o1;
    if (!squares) {
      fold.run(
          in[0], srcAt, scratch, scratch, begin * ELEMENT, ELEMENT, lanes, o0, o1, o2, 1, 0, 0);
    }
    if (windows.laneAxis >= 0 && begin + lanes < windows.lanes) {
      return;
    }
    long centre =
        srcAt + centre(0, o0) + centre(1, o1) + centre(2, o2) - begin * windows.srcLaneStep;
    long to = dstAt - begin * windows.dstLaneStep;
    int count = begin + lanes;
    if (squares) {
      sumNeighbours(in[0], centre, scratch);
    }
    if (roots) {
      map.run(
          in[0], centre, scratch, 0, scratch, 0, scratch, 0, out, to, count, factor, k, scratch,
          sumsBytes);
      return;
    }
    for (int i = 0; i < count; i++) {
      float sum = Math.fma(factor, Elements.get(scratch, i * ELEMENT), k);
      float x = Elements.get(in[0], centre + i * windows.srcLaneStep);
      Elements.set(out, to + i * windows.dstLaneStep, x / (float) Math.pow(sum, beta));
    }
  }

  /** From the first tap inside to the window's centre, which is the output's own index. */
  private long centre(int axis, int o) {
    WindowAxis a = axes[axis];
    return a.dimension < 0 ? 0 : o * a.tapStep - a.offset[o];
  }
}
