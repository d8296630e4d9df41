package io.striate.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;

/**
 * One of several contestants that run in turns: A B C A B C …, so that whatever changes on the
 * machine meanwhile changes for all.
 *
 * <p>A turn is a pause, in which threads of the one before go to sleep, one run that is not
 * measured and brings the caches back, and a few that are.
 */
final class Turns {
  private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** The threads of ONNX Runtime spin for more than 5 ms after a run, on cores that others need. */
  private static final long PAUSE_NANOS = 50_000_000;

  private static final double SLOW_NANOS = 0.5e9;
  private static final int LEAST_ROUNDS = 3;

  private final Runnable run;
  private final int runsPerTurn;
  private final boolean slow;
  private final int rounds;
  private final int plannedRounds;
  private final Samples samples = new Samples();
  private long fewestBytes = Long.MAX_VALUE;

  /**
   * Warms up and decides how many runs make a turn and in how many rounds to take part.
   *
   * @param turnNanos length of a turn that is worth having
   * @param rounds rounds of a contestant that is fast enough
   * @param seconds measured time that no contestant but a very slow one exceeds
   */
  Turns(Runnable run, double warmupSeconds, double turnNanos, int rounds, double seconds) {
    this.run = run;
    long start = System.nanoTime();
    double least = Double.MAX_VALUE;
    do {
      long before = System.nanoTime();
      run.run();
      least = Math.min(least, (double) (System.nanoTime() - before));
    } while (System.nanoTime() - start < warmupSeconds * 1e9);
    this.slow = least > SLOW_NANOS;
    this.runsPerTurn = slow ? 1 : (int) Math.max(3, Math.ceil(turnNanos / least));
    double fitting = seconds * 1e9 / (least * (runsPerTurn + (slow ? 0 : 1)));
    this.plannedRounds = rounds;
    this.rounds = (int) Math.min(rounds, Math.max(LEAST_ROUNDS, fitting));
  }

  /** Takes a turn in round {@code round}, unless it is one of those left out. */
  void take(int round) {
    long before = (long) round * rounds / plannedRounds;
    long after = (round + 1L) * rounds / plannedRounds;
    if (before == after) {
      return;
    }
    LockSupport.parkNanos(PAUSE_NANOS);
    if (!slow) {
      run.run();
    }
    for (int i = 0; i < runsPerTurn; i++) {
      long bytes = MEMORY.getTotalThreadAllocatedBytes();
      long start = System.nanoTime();
      run.run();
      samples.add(System.nanoTime() - start);
      fewestBytes = Math.min(fewestBytes, MEMORY.getTotalThreadAllocatedBytes() - bytes);
    }
  }

  Samples samples() {
    return samples;
  }

  /** Java bytes that all threads allocated during the run that allocated least. */
  long fewestBytes() {
    return fewestBytes;
  }
}
