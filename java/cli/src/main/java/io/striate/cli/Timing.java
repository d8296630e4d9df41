package io.striate.cli;

import com.sun.management.ThreadMXBean;
import io.striate.exec.Execution;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * Latencies of repeated runs.
 *
 * @param nanos nanoseconds of every measured run, ascending
 * @param bytesPerRun bytes that the calling thread allocated per run
 */
record Timing(long[] nanos, long bytesPerRun) {
  private static final int MAX_RUNS = 100_000;

  /**
   * Runs for {@code warmSeconds} so that the JIT compiler finishes and caches fill, then measures
   * for {@code seconds}, at least {@code least} runs.
   */
  static Timing of(Execution run, double warmSeconds, double seconds, int least) {
    long warmUntil = System.nanoTime() + (long) (warmSeconds * 1e9);
    do {
      run.run();
    } while (System.nanoTime() < warmUntil);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] nanos = new long[MAX_RUNS];
    threads.getCurrentThreadAllocatedBytes();
    long allocated = threads.getCurrentThreadAllocatedBytes();
    long until = System.nanoTime() + (long) (seconds * 1e9);
    int count = 0;
    long before = System.nanoTime();
    while (count < nanos.length && (count < least || before < until)) {
      run.run();
      long after = System.nanoTime();
      nanos[count++] = after - before;
      before = after;
    }
    allocated = threads.getCurrentThreadAllocatedBytes() - allocated;
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    return new Timing(sorted, allocated / count);
  }

  /** The latency in milliseconds below which a share {@code q} of the runs lies. */
  double millis(double q) {
    return nanos[(int) Math.round(q * (nanos.length - 1))] / 1e6;
  }

  double median() {
    return millis(0.5);
  }

  int runs() {
    return nanos.length;
  }
}
