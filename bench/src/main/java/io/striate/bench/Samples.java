package io.striate.bench;

import java.util.Arrays;

/** Times of one thing in nanoseconds. */
final class Samples {
  private long[] nanos = new long[256];
  private int count;

  void add(long time) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = time;
  }

  int count() {
    return count;
  }

  /** The value that a share {@code q} of the samples lies below; 0 is the least, 0.5 the median. */
  double quantile(double q) {
    if (count == 0) {
      throw new IllegalStateException("nothing was measured");
    }
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    double at = q * (count - 1);
    int low = (int) at;
    int high = Math.min(low + 1, count - 1);
    return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
  }

  double median() {
    return quantile(0.5);
  }

  double least() {
    return quantile(0);
  }
}
