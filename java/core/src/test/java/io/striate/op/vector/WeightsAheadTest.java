package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.Activation.Kind;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where the turns of a micro-kernel read: never outside of a panel, and nearly all of it. */
final class WeightsAheadTest {
  private static final int LINE = 64;
  private static final int STREAMS = 8;

  /** The lines of a panel that a number of runs touch, as {@link WeightsAhead#touch} emits it. */
  private static BitSet touched(long bytes, long run, long runs) {
    long stride = WeightsAhead.stride(bytes, run, runs);
    long second = WeightsAhead.second(bytes, run, runs);
    long lastLine = WeightsAhead.lastLine(bytes, run, runs);
    BitSet lines = new BitSet();
    long line = 0;
    for (long r = 0; r < runs; r++) {
      for (long at = 0; at < run; at += 2 * Float.BYTES) {
        long offset = Math.min(line, lastLine) + at / 8 % STREAMS * stride + (at & -LINE);
        for (long from : new long[] {offset, offset + second}) {
          assertTrue(from >= 0 && from + Float.BYTES <= bytes, from + " of " + bytes);
          lines.set(Math.toIntExact(from / LINE));
        }
      }
      line += (run + LINE - 1) & -LINE;
    }
    return lines;
  }

  @Test
  void staysWithinThePanel() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 2000; i++) {
      long run = 4L * random.nextInt(1, 700);
      int taps = random.nextInt(1, 10);
      long vectors = 16L << random.nextInt(5); // bytes of a row of weights: 16 to 256
      long bytes = taps * run / 4 * vectors;
      assertFalse(touched(bytes, run, (long) taps * random.nextInt(1, 40)).isEmpty());
    }
  }

  /** Bytes of a run, rows of a 6x4 tile at 512 bits: 1x1 of 512, 3x3, and Winograd's points. */
  @ParameterizedTest
  @CsvSource({
    "2048, 1, 9, 95",
    "4096, 1, 9, 90",
    "2048, 9, 9, 95",
    "1024, 1, 3, 70",
    "512, 1, 9, 95"
  })
  void readsMostOfThePanel(long run, int taps, int tiles, int percent) {
    long bytes = taps * run * LINE;
    int lines = touched(bytes, run, (long) taps * tiles).cardinality();
    assertTrue(lines * 100L >= percent * bytes / LINE, lines + " of " + bytes / LINE);
  }

  @Test
  void fewTurnsTouchTwoLinesAtOnce() {
    assertEquals(0, WeightsAhead.second(128 << 10, 2048, 9));
    assertEquals(
        STREAMS * WeightsAhead.stride(128 << 10, 2048, 3), WeightsAhead.second(128 << 10, 2048, 3));
  }

  @Test
  void needsHoistedChecks() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new TileVariant(Width.preferred(), 6, 1, false, true, false, Kind.NONE, false, true));
  }
}
