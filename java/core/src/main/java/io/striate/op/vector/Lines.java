package io.striate.op.vector;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How an element-wise kernel walks operands of any strides. Dimensions of one element are dropped,
 * the others ordered by falling stride of the destination and merged where every operand allows it.
 * What remains is a list of lines along the innermost dimension; long lines are cut into blocks.
 * Tiles hold about 8192 elements: some microseconds, far above a thread hand-off.
 *
 * <p>Repeats. A line of few elements costs as much as one of some hundred. Where a source is one
 * short line for all of them (the channels of a channels-last image), some lines become one, for
 * which the kernel must lay that source's out {@link #repeats} times.
 *
 * <p>Operand 0 is the destination. All offsets and strides are in bytes.
 */
final class Lines {
  private static final long TILE_ELEMENTS = 8192;
  private static final long LEAST_ELEMENTS = 1024;
  private static final long MOST_TILES = 1 << 20;
  private static final int MOST_BLOCK = 1 << 28;
  static final int OPERANDS = 5;

  private final long[] bases = new long[OPERANDS];
  private final long[] dims; // outside the line, slowest first
  private final long[][] strides = new long[OPERANDS][];
  private final long[] laneStrides = new long[OPERANDS];
  private final long lanes;
  private final int repeated;
  private final int repeats;
  private final int block;
  private final long blocks;
  private final long units;
  private final long unitsPerTile;
  private final int tiles;

  /** Computes one block of a line. */
  @FunctionalInterface
  interface Body {
    /**
     * Computes {@code count} elements.
     *
     * @param at0 offset of the destination
     * @param at1 offset of the first source, and so on
     * @param count elements
     */
    void line(
        MemorySegment[] in,
        MemorySegment out,
        MemorySegment scratch,
        long at0,
        long at1,
        long at2,
        long at3,
        long at4,
        int count);
  }

  /**
   * The walk over tensors of equal dims, the destination first.
   *
   * @param cost of an element, in units of one that is copied
   */
  Lines(List<Strided> operands, int threads, long cost) {
    this(operands, threads, cost, false);
  }

  /**
   * The same.
   *
   * @param repeating whether the kernel can lay out the line of a source several times
   */
  Lines(List<Strided> operands, int threads, long cost, boolean repeating) {
    List<long[]> merged = merged(operands);
    long[] line = merged.isEmpty() ? new long[operands.size() + 1] : merged.removeLast();
    int source = 0;
    int times = 1;
    for (int k = 1; repeating && !merged.isEmpty() && times == 1 && k < operands.size(); k++) {
      source = k;
      times = repeats(merged.getLast(), line, k, LEAST_ELEMENTS / cost);
    }
    repeated = source;
    repeats = times;
    if (repeats > 1) {
      long[] outer = merged.getLast();
      outer[0] /= repeats;
      for (int k = 1; k < outer.length; k++) {
        outer[k] *= repeats;
      }
      line[0] *= repeats;
    }
    lanes = merged.isEmpty() && line[0] == 0 ? 1 : line[0];
    dims = merged.stream().mapToLong(e -> e[0]).toArray();
    long lines = 1;
    for (long size : dims) {
      lines *= size;
    }
    for (int k = 0; k < OPERANDS; k++) {
      int operand = k + 1;
      boolean present = k < operands.size();
      bases[k] = present ? operands.get(k).base : 0;
      laneStrides[k] = !present ? 0 : lanes == 1 ? TileKernel.ELEMENT : line[operand];
      strides[k] =
          present ? merged.stream().mapToLong(e -> e[operand]).toArray() : new long[dims.length];
    }
    long elements = Math.max(1, tileElements(lines * lanes, threads, cost));
    block = (int) Math.min(MOST_BLOCK, lanes <= elements ? lanes : (elements + 63) / 64 * 64);
    blocks = (lanes + block - 1) / block;
    units = lines * blocks;
    unitsPerTile = Math.max(1, elements / block);
    tiles = Math.toIntExact((units + unitsPerTile - 1) / unitsPerTile);
  }

  /**
   * The dimensions of more than one element, by falling stride of operand 0, merged where every
   * operand allows it: of each the size, then the strides of all operands.
   */
  static List<long[]> merged(List<Strided> operands) {
    long[] all = operands.get(0).dims;
    List<long[]> kept = new ArrayList<>();
    for (int d = 0; d < all.length; d++) {
      if (all[d] > 1) {
        long[] entry = new long[operands.size() + 1];
        entry[0] = all[d];
        for (int k = 0; k < operands.size(); k++) {
          entry[k + 1] = operands.get(k).strides[d];
        }
        kept.add(entry);
      }
    }
    kept.sort(Comparator.comparingLong((long[] e) -> Math.abs(e[1])).reversed());
    List<long[]> merged = new ArrayList<>();
    for (long[] entry : kept) {
      if (!merged.isEmpty() && continues(merged.getLast(), entry)) {
        entry[0] *= merged.removeLast()[0];
      }
      merged.add(entry);
    }
    return merged;
  }

  /** How many of {@code elements} of this cost a tile should hold. */
  static long tileElements(long elements, int threads, long cost) {
    long work = elements > Long.MAX_VALUE / 2 / cost ? Long.MAX_VALUE / 2 : elements * cost;
    long share = work / (4L * threads);
    long wanted = Math.clamp(share, LEAST_ELEMENTS, TILE_ELEMENTS);
    return Math.max(wanted / cost, elements / MOST_TILES);
  }

  /**
   * How many lines of the dimension outside become one, of so many elements that it stays whole.
   */
  private static int repeats(long[] outer, long[] line, int repeated, long elements) {
    for (int k = 1; k < line.length; k++) {
      boolean one = k == repeated + 1;
      if (outer[k] != (one ? 0 : line[k] * line[0]) || line[k] != TileKernel.ELEMENT) {
        return 1;
      }
    }
    int most = (int) Math.min(outer[0], elements / line[0]);
    while (most > 1 && outer[0] % most != 0) {
      most--;
    }
    return Math.max(1, most);
  }

  private static boolean continues(long[] outer, long[] inner) {
    for (int k = 1; k < inner.length; k++) {
      if (outer[k] != inner[k] * inner[0]) {
        return false;
      }
    }
    return true;
  }

  int tiles() {
    return tiles;
  }

  /** The operand whose line is repeated, where {@link #repeats} is more than 1. */
  int repeated() {
    return repeated;
  }

  /** How often the line of the repeated operand must lie behind itself. */
  int repeats() {
    return repeats;
  }

  /** Most elements of a block. */
  int block() {
    return block;
  }

  /** Whether every line is one block. */
  boolean wholeLines() {
    return blocks == 1;
  }

  long laneStride(int operand) {
    return laneStrides[operand];
  }

  void run(
      Body body,
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      int firstTile,
      int lastTile) {
    long unit = firstTile * unitsPerTile;
    long end = Math.min(lastTile * unitsPerTile, units);
    int inner = dims.length - 1;
    long size = inner < 0 ? 1 : dims[inner];
    while (unit < end) {
      long line = unit / blocks;
      long row = line / size;
      long i = line % size;
      long at0 = offset(0, row);
      long at1 = offset(1, row);
      long at2 = offset(2, row);
      long at3 = offset(3, row);
      long at4 = offset(4, row);
      // the blocks of one line, or whole lines along the innermost outer dimension
      for (; i < size && unit < end; i++) {
        for (long b = unit % blocks; b < blocks && unit < end; b++, unit++) {
          long lane = b * block;
          body.line(
              in,
              out,
              scratch,
              at0 + step(0, i) + lane * laneStrides[0],
              at1 + step(1, i) + lane * laneStrides[1],
              at2 + step(2, i) + lane * laneStrides[2],
              at3 + step(3, i) + lane * laneStrides[3],
              at4 + step(4, i) + lane * laneStrides[4],
              (int) Math.min(block, lanes - lane));
        }
      }
    }
  }

  private long step(int operand, long i) {
    long[] s = strides[operand];
    return s.length == 0 ? 0 : i * s[s.length - 1];
  }

  /** Offset of index 0 along the innermost outer dimension. */
  private long offset(int operand, long row) {
    long at = bases[operand];
    long[] s = strides[operand];
    for (int d = s.length - 2; d >= 0; d--) {
      at += row % dims[d] * s[d];
      row /= dims[d];
    }
    return at;
  }
}
