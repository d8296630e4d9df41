package io.striate.exec;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the users of something that can be closed: entering after close is an error, and what
 * close frees is freed by the last user to leave. The sign bit says closed, the other bits count.
 */
final class Lifecycle {
  private static final long CLOSED = Long.MIN_VALUE;

  private final AtomicLong state = new AtomicLong();
  private final String name;
  private final Runnable free;

  Lifecycle(String name, Runnable free) {
    this.name = name;
    this.free = free;
  }

  /** Begins a use. */
  void enter() {
    while (true) {
      long s = state.get();
      if (s < 0) {
        throw new IllegalStateException(name + " is closed");
      }
      if (state.compareAndSet(s, s + 1)) {
        return;
      }
    }
  }

  /** Begins the only use; false if there is one already. */
  boolean enterAlone() {
    long s = state.get();
    if (s < 0) {
      throw new IllegalStateException(name + " is closed");
    }
    return s == 0 && state.compareAndSet(0, 1);
  }

  /** Ends a use. */
  void leave() {
    if (state.decrementAndGet() == CLOSED) {
      free.run();
    }
  }

  /** Closes; frees now or, if in use, when the last user leaves. Closing twice is fine. */
  void close() {
    while (true) {
      long s = state.get();
      if (s < 0) {
        return;
      }
      if (state.compareAndSet(s, s | CLOSED)) {
        if (s == 0) {
          free.run();
        }
        return;
      }
    }
  }

  boolean isClosed() {
    return state.get() < 0;
  }
}
