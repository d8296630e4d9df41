package io.striate.op.vector;

import io.striate.op.KernelRequest;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A copy between layouts of which one dimension, a, has its elements side by side in the
 * destination and another, b, in the source, by {@link TransposeBlocks}.
 *
 * <p>A unit of work is a strip: one index of all other dimensions, a vector's lanes of a, and up to
 * {@value #CHUNK} of b. Zen 4, 512 bits, one thread: 116x28x28 from channels-last to row-major 97
 * us element by element, 22 so.
 */
final class TransposeKernel extends TileKernel {
  private static final int CHUNK = 1024;
  private static final int MOST_B = 1 << 28; // merged dimensions may exceed an int

  private final TransposeBlocks blocks;
  private final int lanes;
  private final Cut cut;
  private final long dstBase;
  private final long srcBase;
  private final long strips; // along a
  private final long chunks; // along b
  private final long units; // strips and chunks of all blocks
  private final long unitsPerTile;
  private final int tiles;

  /** The dimensions a and b, and the others, slowest of the destination first. */
  private record Cut(long[] a, long[] b, List<long[]> others) {
    static Optional<Cut> of(KernelRequest request) {
      List<long[]> dims =
          new ArrayList<>(
              Lines.merged(List.of(Strided.of(request.output()), Strided.of(request.input(0)))));
      int a = dense(dims, 1);
      int b = dense(dims, 2);
      if (a < 0 || b < 0 || a == b) {
        return Optional.empty();
      }
      long[] ofDst = dims.get(a);
      long[] ofSrc = dims.get(b);
      dims.removeAll(List.of(ofDst, ofSrc));
      return Optional.of(new Cut(ofDst, ofSrc, dims));
    }

    /** The dimension along which the elements of an operand lie side by side, or -1. */
    private static int dense(List<long[]> dims, int operand) {
      for (int d = 0; d < dims.size(); d++) {
        if (dims.get(d)[operand] == ELEMENT) {
          return d;
        }
      }
      return -1;
    }

    private long count() {
      long count = 1;
      for (long[] dim : others) {
        count *= dim[0];
      }
      return count;
    }
  }

  /**
   * Whether it can do the request: a and b fill a vector. Narrower vectors could do the rest, but
   * kernels of other networks ran at half speed in a JVM that had used two widths.
   */
  static boolean canDo(KernelRequest request, Width width) {
    return Cut.of(request)
        .filter(c -> Math.min(c.a[0], c.b[0]) >= width.lanes() && c.b[0] <= MOST_B)
        .isPresent();
  }

  TransposeKernel(String id, KernelRequest request, Width width) {
    super(id, request, width);
    cut = Cut.of(request).orElseThrow();
    dstBase = Strided.of(request.output()).base;
    srcBase = Strided.of(request.input(0)).base;
    blocks = TransposeBlocks.Emitted.of(width);
    lanes = width.lanes();
    strips = Math.ceilDiv(cut.a[0], lanes);
    chunks = Math.ceilDiv(cut.b[0], CHUNK);
    units = cut.count() * strips * chunks;
    long unit = lanes * Math.min(cut.b[0], CHUNK);
    unitsPerTile = Math.max(1, Lines.tileElements(units * unit, request.threads(), 1) / unit);
    tiles = Math.toIntExact(Math.ceilDiv(units, unitsPerTile));
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
    long end = Math.min(last * unitsPerTile, units);
    for (long unit = first * unitsPerTile; unit < end; unit++) {
      long chunk = unit % chunks;
      long a = Math.min(unit / chunks % strips * lanes, cut.a[0] - lanes);
      long other = unit / chunks / strips;
      long dstAt = dstBase + a * ELEMENT;
      long srcAt = srcBase + a * cut.a[2];
      for (int d = cut.others.size() - 1; d >= 0; d--) {
        long[] dim = cut.others.get(d);
        dstAt += other % dim[0] * dim[1];
        srcAt += other % dim[0] * dim[2];
        other /= dim[0];
      }
      int from = (int) (chunk * CHUNK);
      int to = (int) Math.min(cut.b[0], from + CHUNK);
      blocks.run(in[0], srcAt, cut.a[2], out, dstAt, cut.b[1], from, to, (int) (cut.b[0] - lanes));
    }
  }
}
