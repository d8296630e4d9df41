package io.striate.op.vector;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Moves rows that are narrower than a vector together, in place: row r goes from {@code at +
 * r·(bytes of a vector)} to {@code at + r·rowBytes}. Each is moved as a whole vector, whose end the
 * next row overwrites, so rows come in order, and what lies behind the last one is lost up to the
 * end of its vector.
 */
@FunctionalInterface
interface RowPacking {
  /**
   * Moves {@code rows} rows.
   *
   * @param rowBytes of a row, at most those of a vector
   */
  void run(MemorySegment memory, long at, long rowBytes, int rows);

  /** Makes the loop, one class per width. */
  final class Emitted {
    private static final Map<Width, RowPacking> CACHE = new ConcurrentHashMap<>();

    private Emitted() {}

    /** The loop for a width, made at the first call. */
    static RowPacking of(Width width) {
      return CACHE.computeIfAbsent(width, Emitted::make);
    }

    private static RowPacking make(Width width) {
      RowPacking packing =
          KernelClass.implement(
              RowPacking.class, "RowPacking" + width.bits(), width, code -> emit(code, width));
      WarmUp.begin(
          (long) WarmUp.TURNS * width.bytes(),
          memory -> packing.run(memory, 0, Float.BYTES, WarmUp.TURNS),
          memory -> packing.run(memory, 0, Float.BYTES, 1));
      return packing;
    }

    private static void emit(VectorCode code, Width width) {
      int memory = code.parameter(0);
      int rowBytes = code.parameter(2);
      int from = code.newLong();
      int to = code.newLong();
      code.copyLong(code.parameter(1), from);
      code.copyLong(from, to);
      code.repeat(
          code.newLong(),
          code.parameter(3),
          () -> {
            VectorCode.Floats row = code.newFloats();
            code.load(memory, () -> code.pushLong(from), 0, row);
            code.store(row, memory, () -> code.pushLong(to), 0);
            code.advanceBy(from, width.bytes());
            code.advance(to, rowBytes);
          });
    }
  }
}
