package io.striate.exec;

/**
 * Consecutive steps that run together, over and over: in each of {@code rounds} rounds on the next
 * {@code images} images of the batch.
 *
 * @param first index of the first step
 * @param end one past the index of the last
 */
record Stage(int first, int end, long images, int rounds) {
  Stage {
    if (first < 0 || end <= first || images < 1 || rounds < 1) {
      throw new IllegalArgumentException(
          "steps " + first + " to " + end + ", " + images + " images, " + rounds + " rounds");
    }
  }

  /** Whether buffers may hold the images of one round only. */
  boolean repeats() {
    return rounds > 1;
  }
}
