package io.striate.op.vector;

import io.striate.op.vector.VectorCode.Floats;
import io.striate.op.vector.VectorCode.Mask;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Transposes a strip of a matrix: as many rows of the source as a vector has lanes, L, become L
 * columns of the destination, {@code dst[b][a] = src[a][b]} for a &lt; L and all b. Offsets and
 * steps are in bytes.
 *
 * <p>Blocks of L x L are read by rows, exchanged in log2(L) steps in registers, and written by
 * columns. The step of distance d swaps, in rows i and i + d, the lanes of i that have bit d with
 * those of i + d that do not: one shuffle {@code l ^ d} and one blend for each row. At 512 bits 16
 * loads, 64 shuffles, 64 blends and 16 stores for 256 elements.
 */
@FunctionalInterface
interface TransposeBlocks {
  /**
   * Transposes blocks of the strip.
   *
   * @param srcStep from row to row of the source; {@code dstStep} of the destination
   * @param firstB first row of the destination
   * @param endB end of them
   * @param lastB where a block begins at most: one that would begin behind it is moved up to it
   */
  void run(
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment dst,
      long dstAt,
      long dstStep,
      int firstB,
      int endB,
      int lastB);

  /** Makes the loop, one class per width. */
  final class Emitted {
    private static final Map<Width, TransposeBlocks> CACHE = new ConcurrentHashMap<>();

    private Emitted() {}

    /** The loop for a width, made at the first call. */
    static TransposeBlocks of(Width width) {
      return CACHE.computeIfAbsent(width, Emitted::make);
    }

    private static TransposeBlocks make(Width width) {
      TransposeBlocks blocks =
          KernelClass.implement(
              TransposeBlocks.class,
              "TransposeBlocks" + width.bits(),
              width,
              code -> emit(code, width));
      int lanes = width.lanes();
      int columns = WarmUp.TURNS / 2 * lanes;
      long row = (long) columns * Float.BYTES;
      long matrix = lanes * row;
      WarmUp.begin(
          2 * matrix,
          m -> blocks.run(m, 0, row, m, matrix, width.bytes(), 0, columns - 1, columns - lanes),
          m -> blocks.run(m, 0, row, m, matrix, width.bytes(), 0, lanes, 0));
      return blocks;
    }

    private static void emit(VectorCode code, Width width) {
      int src = code.parameter(0);
      int dst = code.parameter(3);
      int b = code.newInt();
      int at = code.newInt();
      int from = code.newLong();
      int to = code.newLong();
      Floats[] rows = code.newFloats(width.lanes());
      Runnable block =
          () -> {
            code.minimum(b, code.parameter(8), at);
            code.pushLong(code.parameter(1));
            code.addScaled(at, Float.BYTES);
            code.popLong(from);
            code.pushLong(code.parameter(4));
            code.addProduct(at, code.parameter(5));
            code.popLong(to);
            for (Floats row : rows) {
              code.load(src, () -> code.pushLong(from), 0, row);
              code.exact(row);
              code.advance(from, code.parameter(2));
            }
            for (int distance = width.lanes() / 2; distance > 0; distance /= 2) {
              exchange(code, rows, distance);
            }
            for (Floats row : rows) {
              code.store(row, dst, () -> code.pushLong(to), 0);
              code.advance(to, code.parameter(5));
            }
          };
      code.loop(
          b,
          () -> code.pushIntVariable(code.parameter(6)),
          code.parameter(7),
          width.lanes(),
          block);
    }

    private static void exchange(VectorCode code, Floats[] rows, int distance) {
      Mask mask = code.lanesWith(distance);
      for (int i = 0; i < rows.length; i++) {
        if ((i & distance) == 0) {
          Floats low = rows[i];
          Floats high = rows[i + distance];
          Floats ofHigh = code.exchanged(high, distance);
          Floats ofLow = code.exchanged(low, distance);
          code.exact(ofLow);
          code.move(code.blend(low, ofHigh, mask), low);
          code.exact(low);
          code.move(code.blend(ofLow, high, mask), high);
          code.exact(high);
        }
      }
    }
  }
}
