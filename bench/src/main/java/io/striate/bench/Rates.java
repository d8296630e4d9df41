package io.striate.bench;

/**
 * What a benchmark tells {@link RateProfiler} in its fork: the work of one operation and the peak
 * to compare with.
 *
 * @param macs multiply-adds of one operation
 * @param peakGflops measured FMA peak of as many threads, or NaN where it cannot be measured
 */
record Rates(long macs, double peakGflops) {
  private static volatile Rates current = new Rates(0, Double.NaN);

  static void publish(Rates rates) {
    current = rates;
  }

  static Rates current() {
    return current;
  }

  /** GFLOP/s, two operations per multiply-add, if one run takes so many nanoseconds. */
  double gflops(double nanos) {
    return 2.0 * macs / nanos;
  }
}
