package io.striate.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Memory for the arguments of native calls, valid until {@link #close}, and freed some time after
 * it, when the collector finds it: for small blocks only.
 *
 * <p>Instead of {@link Arena#ofConfined}: in a JVM that has had a confined arena, C2 compiles every
 * access of the {@code vector} kernels to memory of other arenas less well (AlexNet on one thread,
 * Zen 4: 16.6 ms instead of 13.4). Closing an {@link Arena#ofShared} takes 50 µs.
 */
public final class CallArena implements Arena {
  private final Arena memory = Arena.ofAuto();

  /** Memory of its own. */
  public CallArena() {}

  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    return memory.allocate(bytes, alignment);
  }

  @Override
  public MemorySegment.Scope scope() {
    return memory.scope();
  }

  /** Keeps the memory until here, also where only its address is in use. */
  @Override
  @SuppressWarnings("ReachabilityFenceUsage") // this is what a try statement runs in its end
  public void close() {
    Reference.reachabilityFence(memory);
  }
}
