package io.striate;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Assertions about error messages: they name the value and say what would be right. */
public final class Refusals {
  private Refusals() {}

  /**
   * Runs {@code code}, which must throw IllegalArgumentException with all the words in its message.
   */
  public static void refused(Runnable code, String... words) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, code::run);
    for (String word : words) {
      assertTrue(
          e.getMessage().contains(word), "'" + e.getMessage() + "' does not say '" + word + "'");
    }
  }
}
