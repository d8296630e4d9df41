package io.striate.op;

import java.lang.foreign.MemorySegment;

/**
 * A kernel bound to memory. Disjoint ranges may run at once, each with its own scratch. Allocates
 * nothing.
 */
@FunctionalInterface
public interface TileTask {

  /**
   * Computes tiles first (inclusive) to last (exclusive). The arenas of all memory must stay open
   * until it returns: kernels read memory by address, and closing one meanwhile may end the
   * process. An {@code Execution} owns its memory and waits for its runs.
   *
   * @throws IllegalStateException if an arena was closed before
   */
  void run(int first, int last, MemorySegment scratch);
}
