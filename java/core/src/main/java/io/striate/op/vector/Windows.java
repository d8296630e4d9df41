package io.striate.op.vector;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How pooling and local response normalisation walk their output, in any layout. One dimension
 * holds the lanes: channels-last takes the channels, so that all lanes of a pixel share a window; a
 * row-major tensor takes W, cut into segments within which all lanes have the same taps. Everything
 * else are lines, which are independent.
 */
final class Windows {
  static final int AXES = 3;
  private static final int MOST_LINES = 1 << 20;

  final WindowAxis[] axes = new WindowAxis[AXES];

  /** Distance of neighbouring lanes in bytes. */
  final long srcLaneStep;

  final long dstLaneStep;

  /** The axis that the lanes run along, or -1 where they have no windows of their own. */
  final int laneAxis;

  final int lanes;
  private final long srcBase;
  private final long dstBase;
  private final long[] dims; // outside the line, slowest first
  private final int[] axisOf; // of those, or -1
  private final long[] srcSteps;
  private final long[] dstSteps;
  private final int[] segmentBegin; // of lanes
  private final int[] segmentCount;
  private final int block;
  private final int blocks;
  private final long units;
  private final long unitsPerTile;
  private final int tiles;

  /** By index of the innermost outer dimension: the end of the lines that it can be done with. */
  private final int[] runEnds;

  private final long srcLine;
  private final long dstLine;

  /** Computes some lanes that share their windows. */
  @FunctionalInterface
  interface Body {
    /**
     * Computes {@code lanes} outputs of each of some lines.
     *
     * @param srcAt first tap inside, of the first lane
     * @param o0 index into the tables of axis 0, and so on, of the first line
     * @param lines lines along the innermost outer dimension whose windows have equal taps
     * @param srcLine their distance in the source
     * @param dstLine their distance in the destination
     */
    void segment(
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
        long dstLine);
  }

  Windows(Strided src, Strided dst, List<WindowAxis> given, int threads, long cost) {
    srcBase = src.base;
    dstBase = dst.base;
    for (int a = 0; a < AXES; a++) {
      axes[a] = a < given.size() ? given.get(a) : WindowAxis.none();
    }
    int lane = laneDimension(src, dst);
    laneAxis = axisOf(lane);
    lanes = Math.toIntExact(dst.dims[lane]);
    dstLaneStep = lanes == 1 ? TileKernel.ELEMENT : dst.strides[lane];
    srcLaneStep =
        lanes == 1
            ? TileKernel.ELEMENT
            : laneAxis < 0 ? src.strides[lane] : src.strides[lane] * axes[laneAxis].stride;
    List<Integer> order = new ArrayList<>();
    for (int d = 0; d < dst.dims.length; d++) {
      if (d != lane && dst.dims[d] > 1) {
        order.add(d);
      }
    }
    order.sort(Comparator.comparingLong((Integer d) -> Math.abs(dst.strides[d])).reversed());
    dims = order.stream().mapToLong(d -> dst.dims[d]).toArray();
    axisOf = order.stream().mapToInt(this::axisOf).toArray();
    srcSteps = order.stream().mapToLong(d -> axisOf(d) < 0 ? src.strides[d] : 0).toArray();
    dstSteps = order.stream().mapToLong(d -> dst.strides[d]).toArray();
    long lines = 1;
    for (long size : dims) {
      lines *= size;
    }
    List<int[]> segments = segments();
    segmentBegin = segments.stream().mapToInt(s -> s[0]).toArray();
    segmentCount = segments.stream().mapToInt(s -> s[1]).toArray();
    long wanted = Math.max(64, Lines.tileElements(lines * lanes, threads, cost));
    block = laneAxis < 0 && lanes > wanted ? (int) ((wanted + 63) / 64 * 64) : lanes;
    blocks = (lanes + block - 1) / block;
    units = lines * blocks;
    unitsPerTile = Math.max(1, wanted / block);
    tiles = Math.toIntExact((units + unitsPerTile - 1) / unitsPerTile);
    int inner = dims.length - 1;
    boolean runs = laneAxis < 0 && blocks == 1 && inner >= 0 && dims[inner] < MOST_LINES;
    runEnds = runs ? runEnds(inner) : new int[0];
    srcLine = runs ? (axisOf[inner] < 0 ? srcSteps[inner] : axes[axisOf[inner]].outputStep()) : 0;
    dstLine = runs ? dstSteps[inner] : 0;
  }

  private int[] runEnds(int inner) {
    int[] ends = new int[(int) dims[inner]];
    int end = ends.length;
    for (int i = ends.length - 1; i >= 0; i--) {
      boolean ends1 =
          i + 1 < ends.length && axisOf[inner] >= 0 && !axes[axisOf[inner]].continues(i);
      end = ends1 ? i + 1 : end;
      ends[i] = end;
    }
    return ends;
  }

  private int axisOf(int dimension) {
    for (int a = 0; a < AXES; a++) {
      if (axes[a].dimension == dimension) {
        return a;
      }
    }
    return -1;
  }

  /**
   * A contiguous dimension without windows, else one that is contiguous in dst, else the longest.
   */
  private int laneDimension(Strided src, Strided dst) {
    int best = 0;
    int bestRank = -1;
    for (int d = 0; d < dst.dims.length; d++) {
      boolean many = dst.dims[d] > 1;
      boolean contiguous = many && dst.strides[d] == TileKernel.ELEMENT;
      boolean both = contiguous && src.strides[d] == TileKernel.ELEMENT && axisOf(d) < 0;
      int rank = both ? 3 : contiguous ? 2 : many ? 1 : 0;
      if (rank > bestRank || (rank == bestRank && dst.dims[d] > dst.dims[best])) {
        best = d;
        bestRank = rank;
      }
    }
    return best;
  }

  /** Runs of lanes with equal taps: begin, count. */
  private List<int[]> segments() {
    List<int[]> segments = new ArrayList<>();
    for (int o = 0; o < lanes; o++) {
      if (segments.isEmpty()
          || (laneAxis >= 0 && !axes[laneAxis].sameTaps(segments.getLast()[0], o))) {
        segments.add(new int[] {o, 0});
      }
      segments.getLast()[1]++;
    }
    return segments;
  }

  int tiles() {
    return tiles;
  }

  /** Whether vectors can run along the lanes. */
  boolean isContiguous() {
    return srcLaneStep == TileKernel.ELEMENT && dstLaneStep == TileKernel.ELEMENT;
  }

  /** Most lanes of a segment. */
  int mostLanes() {
    return Math.min(block, lanes);
  }

  void run(
      Body body,
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      int firstTile,
      int lastTile) {
    long end = Math.min(lastTile * unitsPerTile, units);
    int count;
    for (long unit = firstTile * unitsPerTile; unit < end; unit += count) {
      long line = unit / blocks;
      count = 1;
      int lane = (int) (unit % blocks) * block;
      long srcAt = srcBase;
      long dstAt = dstBase;
      int o0 = 0;
      int o1 = 0;
      int o2 = 0;
      for (int d = dims.length - 1; d >= 0; d--) {
        long index = line % dims[d];
        if (d == dims.length - 1 && runEnds.length > 0) {
          count = (int) Math.min(end - unit, runEnds[(int) index] - index);
        }
        line /= dims[d];
        dstAt += index * dstSteps[d];
        srcAt += index * srcSteps[d];
        switch (axisOf[d]) {
          case 0 -> o0 = (int) index;
          case 1 -> o1 = (int) index;
          case 2 -> o2 = (int) index;
          default -> {}
        }
      }
      if (laneAxis < 0) {
        srcAt += axes[0].offset[o0] + axes[1].offset[o1] + axes[2].offset[o2];
        body.segment(
            in,
            out,
            scratch,
            srcAt + lane * srcLaneStep,
            dstAt + lane * dstLaneStep,
            Math.min(block, lanes - lane),
            o0,
            o1,
            o2,
            count,
            srcLine,
            dstLine);
        continue;
      }
      for (int s = 0; s < segmentBegin.length; s++) {
        int begin = segmentBegin[s];
        int at0 = laneAxis == 0 ? begin : o0;
        int at1 = laneAxis == 1 ? begin : o1;
        int at2 = laneAxis == 2 ? begin : o2;
        body.segment(
            in,
            out,
            scratch,
            srcAt + axes[0].offset[at0] + axes[1].offset[at1] + axes[2].offset[at2],
            dstAt + begin * dstLaneStep,
            segmentCount[s],
            at0,
            at1,
            at2,
            1,
            0,
            0);
      }
    }
  }
}
