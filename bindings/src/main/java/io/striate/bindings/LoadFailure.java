package io.striate.bindings;

/** Ends an attempt to load; becomes a {@link LoadResult.Unavailable}. */
final class LoadFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final LoadResult.Reason reason;

  LoadFailure(LoadResult.Reason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  LoadResult.Reason reason() {
    return reason;
  }
}
