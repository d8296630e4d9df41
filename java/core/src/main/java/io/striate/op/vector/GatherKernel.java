package io.striate.op.vector;

import io.striate.op.KernelRequest;
import io.striate.op.Pad;
import io.striate.op.Resize;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Padding, cropping and nearest resize: along every dimension a table says which source index an
 * output index shows, or that it lies outside and takes a constant. Runs along the fastest
 * dimension of the destination are copied or filled at once.
 */
final class GatherKernel extends TileKernel {
  private static final long OUTSIDE = Long.MIN_VALUE;
  private static final int LONGEST = 4096; // of a run, so that a long line has many units

  private final float value;
  private final long srcBase;
  private final long dstBase;
  private final long[] dims; // outside the line, slowest first
  private final long[] dstSteps;
  private final long[][] offsets; // of the source in bytes, or OUTSIDE
  private final long dstLaneStep;
  private final int[] runBegin;
  private final int[] runCount;
  private final long[] runOffset; // or OUTSIDE
  private final long[] runStep;
  private final long units;
  private final long unitsPerTile;
  private final int tiles;

  /**
   * @param source for every dimension the source index of each output index, below 0 outside
   */
  private GatherKernel(
      String id, KernelRequest request, Width width, IntFunction<long[]> source, float value) {
    super(id, request, width);
    this.value = value;
    Strided src = Strided.of(request.input(0));
    Strided dst = Strided.of(request.output());
    srcBase = src.base;
    dstBase = dst.base;
    List<Integer> order = new ArrayList<>();
    for (int d = 0; d < dst.dims.length; d++) {
      order.add(d);
    }
    // dimensions of one element first, the fastest of dst last
    order.sort(
        Comparator.comparingLong(
            (Integer d) -> dst.dims[d] == 1 ? Long.MIN_VALUE : -Math.abs(dst.strides[d])));
    List<long[]> tables = order.stream().map(d -> bytes(source.apply(d), src.strides[d])).toList();
    int outer = Math.max(0, order.size() - 1);
    dims = new long[outer];
    dstSteps = new long[outer];
    offsets = new long[outer][];
    long lines = 1;
    for (int i = 0; i < outer; i++) {
      int d = order.get(i);
      dims[i] = dst.dims[d];
      dstSteps[i] = dst.strides[d];
      offsets[i] = tables.get(i);
      lines *= dims[i];
    }
    long[] line = tables.isEmpty() ? new long[1] : tables.getLast();
    dstLaneStep = line.length == 1 ? ELEMENT : dst.strides[order.getLast()];
    List<long[]> runs = runs(line);
    runBegin = runs.stream().mapToInt(r -> (int) r[0]).toArray();
    runCount = runs.stream().mapToInt(r -> (int) r[1]).toArray();
    runOffset = runs.stream().mapToLong(r -> r[2]).toArray();
    runStep = runs.stream().mapToLong(r -> r[3]).toArray();
    units = lines * runs.size();
    long elements = lines * line.length;
    long perUnit = Math.max(1, elements / units);
    unitsPerTile = Math.max(1, Lines.tileElements(elements, request.threads(), 1) / perUnit);
    tiles = Math.toIntExact((units + unitsPerTile - 1) / unitsPerTile);
  }

  static GatherKernel pad(String id, KernelRequest request, Width width, Pad op) {
    long[] in = request.input(0).shape().dims();
    long[] out = request.output().shape().dims();
    return new GatherKernel(
        id,
        request,
        width,
        d -> {
          long[] table = new long[Math.toIntExact(out[d])];
          for (int i = 0; i < table.length; i++) {
            table[i] = padSource(op.mode(), i - op.begin().get(d), in[d] - 1);
          }
          return table;
        },
        op.value());
  }

  private static long padSource(Pad.Mode mode, long i, long last) {
    if (i >= 0 && i <= last) {
      return i;
    }
    return switch (mode) {
      case CONSTANT -> -1;
      case REFLECT -> i < 0 ? -i : 2 * last - i;
      case EDGE -> i < 0 ? 0 : last;
    };
  }

  static GatherKernel nearest(String id, KernelRequest request, Width width, Resize op) {
    long[] out = request.output().shape().dims();
    return new GatherKernel(
        id,
        request,
        width,
        d -> {
          if (d >= 2) {
            return new ResizePoints(op, request, d).below;
          }
          long[] same = new long[Math.toIntExact(out[d])];
          java.util.Arrays.setAll(same, i -> i);
          return same;
        },
        0);
  }

  private static long[] bytes(long[] table, long stride) {
    long[] scaled = new long[table.length];
    for (int i = 0; i < table.length; i++) {
      scaled[i] = table[i] < 0 ? OUTSIDE : table[i] * stride;
    }
    return scaled;
  }

  /** Runs of a line with one distance between source elements: begin, count, offset, step. */
  private static List<long[]> runs(long[] line) {
    List<long[]> runs = new ArrayList<>();
    int i = 0;
    while (i < line.length) {
      int j = i + 1;
      boolean outside = line[i] == OUTSIDE;
      long step = outside || j == line.length || line[j] == OUTSIDE ? 0 : line[j] - line[i];
      while (j < line.length
          && j - i < LONGEST
          && (outside
              ? line[j] == OUTSIDE
              : line[j] != OUTSIDE && line[j] == line[i] + (j - i) * step)) {
        j++;
      }
      runs.add(new long[] {i, j - i, line[i], step});
      i = j;
    }
    return runs;
  }

  @Override
  public int tiles() {
    return tiles;
  }

  @Override
  public long scratchBytes() {
    return 0;
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    long unit = first * unitsPerTile;
    long end = Math.min(last * unitsPerTile, units);
    while (unit < end) {
      int r = (int) (unit % runBegin.length);
      long line = unit / runBegin.length;
      long srcAt = srcBase;
      long dstAt = dstBase;
      boolean outside = false;
      for (int d = dims.length - 1; d >= 0; d--) {
        int index = (int) (line % dims[d]);
        line /= dims[d];
        outside |= offsets[d][index] == OUTSIDE;
        srcAt += offsets[d][index];
        dstAt += index * dstSteps[d];
      }
      for (; r < runBegin.length && unit < end; r++, unit++) {
        long to = dstAt + runBegin[r] * dstLaneStep;
        if (outside || runOffset[r] == OUTSIDE) {
          Elements.fill(out, to, dstLaneStep, runCount[r], value);
        } else {
          Elements.copy(in[0], srcAt + runOffset[r], runStep[r], out, to, dstLaneStep, runCount[r]);
        }
      }
    }
  }
}
