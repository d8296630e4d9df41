package io.striate.bindings;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Guards a native object against use after close. Users are counted; {@link #close} refuses new
 * ones and runs the release action at once when nobody is inside, else when the last one leaves.
 * Two uncontended atomic instructions per use, nothing allocated.
 */
final class Lifetime {
  private static final int CLOSED = Integer.MIN_VALUE;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Lifetime.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String what;
  private final Runnable release;

  /** The number of users; the sign bit is set once closed. */
  @SuppressWarnings("UnusedVariable") // read and written through STATE
  private volatile int state;

  Lifetime(String what, Runnable release) {
    this.what = what;
    this.release = release;
  }

  /** Enters; every successful call must be paired with {@link #leave}. */
  void enter() {
    for (; ; ) {
      int seen = (int) STATE.getVolatile(this);
      if (seen < 0) {
        throw new IllegalStateException(what + " is closed");
      }
      if (STATE.weakCompareAndSet(this, seen, seen + 1)) {
        return;
      }
    }
  }

  void leave() {
    if ((int) STATE.getAndAdd(this, -1) == CLOSED + 1) {
      release.run();
    }
  }

  void close() {
    if ((int) STATE.getAndBitwiseOr(this, CLOSED) == 0) {
      release.run();
    }
  }

  boolean isClosed() {
    return (int) STATE.getVolatile(this) < 0;
  }
}
