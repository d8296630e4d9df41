package io.striate.bench;

/** A model prepared by one engine, with its inputs set. */
sealed interface Session extends AutoCloseable permits PeerSession, StriateSession, TorchSession {
  /** Computes the outputs from the inputs once. */
  void run();

  /** All outputs one after the other, in row-major order. */
  float[] output();

  @Override
  void close();

  /**
   * The largest difference of two answers relative to the largest magnitude of the expected one.
   *
   * @throws IllegalStateException if the lengths differ, a value is not finite, or the expected
   *     answer says nothing because all its values are equal
   */
  static double difference(float[] expected, float[] actual) {
    if (expected.length != actual.length) {
      throw new IllegalStateException(
          "answers have " + expected.length + " and " + actual.length + " values");
    }
    double largest = 0;
    double difference = 0;
    boolean varies = expected.length == 1;
    for (int i = 0; i < expected.length; i++) {
      if (!Float.isFinite(expected[i]) || !Float.isFinite(actual[i])) {
        throw new IllegalStateException(
            "value " + i + " is not finite: " + expected[i] + " and " + actual[i]);
      }
      varies |= expected[i] != expected[0];
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs((double) expected[i] - actual[i]));
    }
    if (!varies) {
      throw new IllegalStateException("all " + expected.length + " expected values are equal");
    }
    return difference / largest;
  }
}
