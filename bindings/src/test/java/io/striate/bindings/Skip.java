package io.striate.bindings;

import org.junit.jupiter.api.Assumptions;

/** Skips a test and prints why. */
final class Skip {
  private Skip() {}

  static void unless(boolean possible, String reason) {
    if (!possible) {
      System.out.println("skipped: " + reason);
    }
    Assumptions.assumeTrue(possible, reason);
  }
}
