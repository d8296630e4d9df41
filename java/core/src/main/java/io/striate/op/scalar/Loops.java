package io.striate.op.scalar;

import java.lang.foreign.MemorySegment;

/**
 * The loops of one op: independent positions of the output, each computed whole. Allocates nothing.
 */
@FunctionalInterface
interface Loops {

  /**
   * Computes one position.
   *
   * @param in memory of every operand, constants included
   * @param scratch at least the bytes that the plan asked for, used by one thread at a time
   */
  void compute(long position, MemorySegment[] in, MemorySegment out, MemorySegment scratch);

  /**
   * Loops ready to run.
   *
   * @param positions how many positions the output has
   * @param packedBytes bytes of constants that the loops packed for themselves
   */
  record Plan(long positions, long scratchBytes, long packedBytes, Loops loops) {

    /** A plan that needs neither scratch nor packed constants. */
    static Plan of(long positions, Loops loops) {
      return new Plan(positions, 0, 0, loops);
    }
  }
}
