package io.striate.op;

import java.lang.foreign.MemorySegment;

/**
 * A kernel bound to memory. Disjoint ranges may run at once, each with its own scratch. Allocates
 * nothing.
 */
@FunctionalInterface
public interface TileTask {

  /** Computes tiles first (inclusive) to last (exclusive). */
  void run(int first, int last, MemorySegment scratch);
}
