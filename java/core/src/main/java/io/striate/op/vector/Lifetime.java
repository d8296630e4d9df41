package io.striate.op.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.StampedLock;

/**
 * Owns the packed constants of a kernel: runs hold it open, close waits for them. Entering
 * allocates nothing.
 */
final class Lifetime implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final StampedLock lock = new StampedLock();
  private final String name;

  /**
   * @param name of the kernel, for messages
   */
  Lifetime(String name) {
    this.name = name;
  }

  Arena arena() {
    return arena;
  }

  /** Throws if closed. */
  void check() {
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("kernel " + name + " is closed");
    }
  }

  /**
   * Begins a run; the stamp goes to {@link #exit}. Asks what kernels with hoisted checks do not ask
   * again.
   *
   * @param memory of the operands and the destination
   */
  long enter(MemorySegment[] memory, MemorySegment scratch) {
    for (MemorySegment operand : memory) {
      if (!operand.scope().isAlive()) {
        throw new IllegalStateException(
            "kernel " + name + " is bound to memory whose arena is closed; bind it to open memory");
      }
    }
    if (!scratch.isNative() || !scratch.scope().isAlive()) {
      throw new IllegalArgumentException(
          "kernel " + name + " needs live off-heap scratch, not " + scratch);
    }
    long stamp = lock.readLock();
    if (!arena.scope().isAlive()) {
      lock.unlockRead(stamp);
      check();
    }
    return stamp;
  }

  void exit(long stamp) {
    lock.unlockRead(stamp);
  }

  @Override
  public void close() {
    long stamp = lock.writeLock();
    try {
      if (arena.scope().isAlive()) {
        arena.close();
      }
    } finally {
      lock.unlockWrite(stamp);
    }
  }
}
