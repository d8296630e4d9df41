package io.striate.op.vector;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Repeats every pixel of a row: element p goes to {@code at + p·dstStep} and the elements behind
 * it. Each is stored as a whole vector of equal lanes, whose end the next one overwrites, so
 * elements come in order, and a vector behind the last one is lost.
 */
@FunctionalInterface
interface PixelSpread {
  /**
   * Repeats {@code count} elements that lie {@code srcStep} bytes apart.
   *
   * @param dstStep at most the bytes of a vector
   */
  void run(
      MemorySegment src,
      long from,
      long srcStep,
      MemorySegment dst,
      long at,
      long dstStep,
      int count);

  /** Makes the loop, one class per width. */
  final class Emitted {
    private static final Map<Width, PixelSpread> CACHE = new ConcurrentHashMap<>();

    private Emitted() {}

    /** The loop for a width, made at the first call. */
    static PixelSpread of(Width width) {
      return CACHE.computeIfAbsent(width, Emitted::make);
    }

    private static PixelSpread make(Width width) {
      PixelSpread spread =
          KernelClass.implement(
              PixelSpread.class, "PixelSpread" + width.bits(), width, Emitted::emit);
      long bytes = (long) WarmUp.TURNS * width.bytes();
      WarmUp.begin(
          2 * bytes,
          memory -> spread.run(memory, 0, Float.BYTES, memory, bytes, Float.BYTES, WarmUp.TURNS),
          memory -> spread.run(memory, 0, Float.BYTES, memory, bytes, Float.BYTES, 1));
      return spread;
    }

    private static void emit(VectorCode code) {
      int src = code.parameter(0);
      int dst = code.parameter(3);
      int from = code.newLong();
      int to = code.newLong();
      code.copyLong(code.parameter(1), from);
      code.copyLong(code.parameter(4), to);
      VectorCode.Floats like = code.newFloats();
      code.load(dst, () -> code.pushLong(to), 0, like);
      code.repeat(
          code.newLong(),
          code.parameter(6),
          () -> {
            VectorCode.Floats pixel = code.newFloats();
            code.broadcast(src, () -> code.pushLong(from), like, pixel);
            code.store(pixel, dst, () -> code.pushLong(to), 0);
            code.advance(from, code.parameter(2));
            code.advance(to, code.parameter(5));
          });
    }
  }
}
