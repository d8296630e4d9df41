package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.striate.base.Memory;
import io.striate.op.Activation.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Kernels that check bounds once for a run beside those that check every access. */
class MicroKernelsTest {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final int TAPS = 3;
  private static final int VECTORS = 2;
  private static final int ROWS = 3;
  private static final int SLOTS = 2 * ROWS;

  private final Width width = Width.preferred();
  private final long rowBytes = (long) VECTORS * width.bytes();

  @BeforeEach
  void needsNativeAccess() {
    assumeTrue(Memory.whole().isPresent(), "native access is not allowed here");
  }

  private MicroKernel kernel(boolean hoisted, boolean looksAhead) {
    return MicroKernels.of(
        new TileVariant(width, ROWS, VECTORS, false, true, false, Kind.NONE, hoisted, looksAhead));
  }

  /** A class that is too long for C2 is refused when it is made: see {@link KernelClass}. */
  @ParameterizedTest
  @EnumSource(names = {"NONE", "RELU", "LEAKY_RELU", "CLIP", "HARD_SIGMOID", "HARD_SWISH"})
  void theLargestTileFitsIntoWhatC2Compiles(Kind kind) {
    assertTrue(TileVariant.isShort(kind), "applied by the micro-kernel itself");
    int vectors = width.bits() == 512 ? 4 : 2;
    TileVariant plain = new TileVariant(width, 6, vectors, false, true, true, kind, false, false);
    TileVariant largest = new TileVariant(width, 6, vectors, false, true, true, kind, true, true);
    assertNotNull(MicroKernels.of(plain));
    assertNotNull(MicroKernels.of(largest));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "7", "8"})
  void bitsAreTheSame(int run) {
    try (Arena arena = Arena.ofShared()) {
      Problem problem = new Problem(arena, run);
      float[] once = problem.run(kernel(true, false), 0, 0);
      float[] everywhere = problem.run(kernel(false, false), 0, 0);
      assertArrayEquals(everywhere, once);
      assertArrayEquals(everywhere, problem.run(kernel(true, true), 0, 0));
      assertArrayEquals(problem.expected(), once, 1e-5f);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true, false, 4, 0",
    "true, false, -4, 0",
    "true, false, 0, 4",
    "true, false, 0, -4",
    "true, true, 4, 0",
    "true, true, 0, 4",
    "true, true, 0, -4",
    "false, false, 4, 0",
    "false, false, 0, 4"
  })
  void whatLiesOutsideIsRefused(boolean hoisted, boolean looksAhead, long srcBase, long weightsAt) {
    try (Arena arena = Arena.ofShared()) {
      Problem problem = new Problem(arena, 5);
      MicroKernel kernel = kernel(hoisted, looksAhead);
      assertThrows(IndexOutOfBoundsException.class, () -> problem.run(kernel, srcBase, weightsAt));
    }
  }

  /** Memory that a problem of this run fills to its last byte. */
  private final class Problem {
    private final int run;
    private final long[] rows = new long[SLOTS];
    private final long[] taps = new long[TAPS];
    private final long[] dstRows = new long[SLOTS];
    private final MemorySegment src;
    private final MemorySegment weights;
    private final MemorySegment initial;
    private final MemorySegment dst;

    Problem(Arena arena, int run) {
      this.run = run;
      for (int r = 0; r < SLOTS; r++) {
        rows[r] = 4L * r * run;
        dstRows[r] = r * rowBytes;
      }
      for (int t = 0; t < TAPS; t++) {
        taps[t] = 4L * t * run;
      }
      src = filled(arena, 4L * (SLOTS - 1 + TAPS) * run);
      weights = filled(arena, rowBytes * TAPS * run);
      initial = filled(arena, rowBytes);
      dst = arena.allocate(SLOTS * rowBytes, 64);
    }

    private static MemorySegment filled(Arena arena, long bytes) {
      MemorySegment memory = arena.allocate(bytes, 64);
      for (long i = 0; i < bytes / 4; i++) {
        memory.set(FLOAT, 4 * i, (i * 7 % 23 - 11) * 0.125f);
      }
      return memory;
    }

    float[] run(MicroKernel kernel, long srcBase, long weightsAt) {
      dst.fill((byte) 0);
      kernel.run(
          src,
          srcBase,
          rows,
          0,
          SLOTS,
          SLOTS - ROWS,
          taps,
          0,
          TAPS,
          4L * run,
          weights,
          weightsAt,
          initial,
          0,
          0,
          dst,
          0,
          dstRows,
          0,
          src,
          0,
          rows,
          0,
          0);
      return dst.toArray(FLOAT);
    }

    float[] expected() {
      int channels = VECTORS * width.lanes();
      float[] sums = new float[SLOTS * channels];
      for (int i = 0; i < sums.length; i++) {
        int c = i % channels;
        double sum = initial.get(FLOAT, 4L * c);
        for (int k = 0; k < TAPS * run; k++) { // a tap of a row is the first of the next
          sum +=
              (double) src.get(FLOAT, rows[i / channels] + 4L * k)
                  * weights.get(FLOAT, k * rowBytes + 4L * c);
        }
        sums[i] = (float) sum;
      }
      return sums;
    }
  }
}
