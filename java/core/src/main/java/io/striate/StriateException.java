package io.striate;

/**
 * A failure that is not the caller's argument: a native library refused, a file is damaged, a
 * strategy is missing. Wrong arguments are {@link IllegalArgumentException}, use after close is
 * {@link IllegalStateException}.
 */
public class StriateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a sentence that names the value and the remedy. */
  public StriateException(String message) {
    super(message);
  }

  /** Creates the exception with its cause. */
  public StriateException(String message, Throwable cause) {
    super(message, cause);
  }
}
