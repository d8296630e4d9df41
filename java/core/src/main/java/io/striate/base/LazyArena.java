package io.striate.base;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A shared arena that is made when memory is first asked of it. Closing one waits until every
 * thread of the JVM has been stopped once: 50 µs, but more than 1 ms where threads outnumber cores,
 * as while a program starts. Who needs no memory should not wait.
 */
public final class LazyArena implements Arena {
  private @Nullable Arena made;
  private boolean closed;

  /** Without memory yet. */
  public LazyArena() {}

  private synchronized Arena made() {
    if (closed) {
      throw new IllegalStateException("this arena is closed");
    }
    Arena arena = made;
    if (arena == null) {
      arena = Arena.ofShared();
      made = arena;
    }
    return arena;
  }

  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    return made().allocate(bytes, alignment);
  }

  @Override
  public MemorySegment.Scope scope() {
    return made().scope();
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (made != null) {
      made.close();
    }
  }
}
