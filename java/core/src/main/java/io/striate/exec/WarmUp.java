package io.striate.exec;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Repeats a run until it does not become faster any more. */
final class WarmUp {
  static final int LEAST_RUNS = 3;
  static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** C1 has compiled after some milliseconds, C2's queue is worked off within this time. */
  static final long STEADY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** A smaller gain than this is noise. */
  private static final double GAIN = 0.98;

  private WarmUp() {}

  /**
   * Returns the time of the fastest run.
   *
   * @param clock nanoseconds
   */
  static Duration run(Runnable run, LongSupplier clock) {
    long start = clock.getAsLong();
    long now = start;
    long improved = start;
    long best = Long.MAX_VALUE;
    for (int runs = 0;
        runs < LEAST_RUNS || (now - improved < STEADY_NANOS && now - start < MOST_NANOS);
        runs++) {
      long before = now;
      run.run();
      now = clock.getAsLong();
      long time = now - before;
      if (time < GAIN * best) {
        improved = now;
      }
      best = Math.min(best, time);
    }
    return Duration.ofNanos(best);
  }
}
