package io.striate.op.vector;

import java.lang.foreign.MemorySegment;

/**
 * A fold over taps for a line of independent outputs, vectors across the outputs; made by {@link
 * Folds}. Pooling, local response normalisation and reductions are folds.
 */
@FunctionalInterface
interface Fold {

  /**
   * {@code dst[i] = end(fold over t0, t1, t2 of src[i + t0·step0 + t1·step1 + t2·step2])}, taps in
   * row-major order, one accumulator per output; the same for {@code lines} lines that lie {@code
   * srcLine} and {@code dstLine} apart. The destination may not be the source. Offsets and steps
   * are in bytes.
   *
   * @param weights read where the fold is weighted: tap (t0, t1, t2) at {@code weightsAt +
   *     t0·weights0 + t1·weights1 + 4·t2}
   * @param fours outputs done four vectors at a time, from 0
   * @param ones end of those done one vector at a time, from {@code fours}
   * @param last begin of a last vector that may overlap the others
   * @param end above {@code last} if there is such a vector, else equal to it
   * @param divisor what the result is divided by where the fold says so
   */
  void run(
      MemorySegment src,
      long at,
      int count0,
      long step0,
      int count1,
      long step1,
      int count2,
      long step2,
      MemorySegment weights,
      long weightsAt,
      long weights0,
      long weights1,
      MemorySegment dst,
      long dstAt,
      int fours,
      int ones,
      int last,
      int end,
      float divisor,
      int lines,
      long srcLine,
      long dstLine);
}
