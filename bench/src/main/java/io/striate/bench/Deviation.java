package io.striate.bench;

/**
 * How far an answer lies from the right one.
 *
 * @param max the largest difference over the largest right value
 * @param rms the root of the mean square of all differences over the largest right value
 */
record Deviation(double max, double rms) {

  /**
   * Compares an answer with the right one.
   *
   * @throws IllegalStateException if the lengths differ or a difference is no finite number
   */
  static Deviation of(float[] right, float[] answer) {
    if (right.length != answer.length || right.length == 0) {
      throw new IllegalStateException(
          "answers have " + right.length + " and " + answer.length + " values");
    }
    double largest = 0;
    double max = 0;
    double squares = 0;
    for (int i = 0; i < right.length; i++) {
      double difference = Math.abs((double) right[i] - answer[i]);
      if (!Double.isFinite(difference)) {
        throw new IllegalStateException(
            "value " + i + " is " + answer[i] + " instead of " + right[i]);
      }
      largest = Math.max(largest, Math.abs(right[i]));
      max = Math.max(max, difference);
      squares += difference * difference;
    }
    double scale = largest == 0 ? 1 : largest;
    return new Deviation(max / scale, Math.sqrt(squares / right.length) / scale);
  }
}
