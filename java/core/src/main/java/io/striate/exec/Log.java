package io.striate.exec;

import org.jspecify.annotations.Nullable;

/**
 * Warnings of this package. The logger is made for the first one: looking for it costs 20 ms of a
 * start.
 */
final class Log {
  private Log() {}

  /** Logs a sentence in which {@code {0}}, {@code {1}} stand for the arguments. */
  static void warn(String sentence, @Nullable Object... arguments) {
    System.getLogger("io.striate").log(System.Logger.Level.WARNING, sentence, arguments);
  }
}
