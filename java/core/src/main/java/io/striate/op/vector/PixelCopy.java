package io.striate.op.vector;

import io.striate.op.vector.VectorCode.Floats;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Copies the channels of one group, a few whole vectors, of pixels that hold other groups between:
 * {@code dst[p][c] = src[p·step + c]}. Offsets and steps are in bytes.
 *
 * <p>{@link MemorySegment#copy} takes a call per pixel: 288 channels in groups of 16, 28x28, stride
 * 2, took 163 us with it and take 139 so (Zen 5, 512 bits, one thread; C++ 118 both times; {@code
 * striate compare --models none --layers regnetx800 --engines cpu,vector}). Tests: VectorGemmTest.
 */
@FunctionalInterface
interface PixelCopy {
  /**
   * Copies.
   *
   * @param srcStep from pixel to pixel of the source; those of dst lie side by side
   * @throws IndexOutOfBoundsException if something read or written lies outside of its segment
   */
  void run(MemorySegment src, long srcAt, long srcStep, MemorySegment dst, long dstAt, int pixels);

  /** Makes the loop, one class per width and number of vectors. */
  final class Emitted {
    /** A width has four classes at most; more channels pay for a call of their own. */
    private static final int MOST_VECTORS = 4;

    private static final Map<Variant, PixelCopy> CACHE = new ConcurrentHashMap<>();

    private Emitted() {}

    private record Variant(Width width, int vectors) {}

    /** The loop for the source of this shape, or empty if {@link MemorySegment#copy} does it. */
    static Optional<PixelCopy> of(GemmShape shape, Width width) {
      int channels = shape.channels();
      int vectors = channels / width.lanes();
      boolean applies =
          shape.src().channel() == 1
              && shape.src().width() != channels
              && channels % width.lanes() == 0
              && vectors <= MOST_VECTORS;
      return applies
          ? Optional.of(CACHE.computeIfAbsent(new Variant(width, vectors), Emitted::make))
          : Optional.empty();
    }

    private static PixelCopy make(Variant variant) {
      Width width = variant.width;
      PixelCopy copy =
          KernelClass.implement(
              PixelCopy.class,
              "PixelCopy%d_%d".formatted(width.bits(), variant.vectors),
              width,
              code -> emit(code, variant.vectors, width.bytes()));
      long pixel = (long) variant.vectors * width.bytes();
      long half = WarmUp.TURNS * 2 * pixel;
      WarmUp.begin(
          half + WarmUp.TURNS * pixel,
          m -> copy.run(m, 0, 2 * pixel, m, half, WarmUp.TURNS),
          m -> copy.run(m, 0, 2 * pixel, m, half, 1));
      return copy;
    }

    private static void emit(VectorCode code, int vectors, int bytes) {
      int src = code.parameter(0);
      int from = code.parameter(1);
      int step = code.parameter(2);
      int dst = code.parameter(3);
      int to = code.parameter(4);
      Floats x = code.newFloats();
      Runnable pixel =
          () -> {
            for (int v = 0; v < vectors; v++) {
              code.load(src, () -> code.pushLong(from), v * bytes, x);
              code.store(x, dst, () -> code.pushLong(to), v * bytes);
            }
            code.advance(from, step);
            code.advanceBy(to, (long) vectors * bytes);
          };
      code.loop(code.newInt(), () -> code.pushInt(0), code.parameter(5), 1, pixel);
    }
  }
}
