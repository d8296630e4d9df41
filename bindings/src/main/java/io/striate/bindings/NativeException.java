package io.striate.bindings;

/** A function of a native library returned a status other than OK. */
public final class NativeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  NativeException(String function, int status, String text) {
    super(
        function
            + ": "
            + (text.isEmpty() ? "the library gave no reason" : text)
            + " ["
            + Abi.statusName(status)
            + "]");
    this.status = status;
  }

  /** The status code, one of {@link Abi#INVALID_ARGUMENT} … {@link Abi#INTERNAL}. */
  public int status() {
    return status;
  }
}
