package io.striate.op.vector;

import java.lang.foreign.MemorySegment;

/** An element-wise function over contiguous f32 lines, made by {@link LineMaps}. */
@FunctionalInterface
interface LineMap {

  /**
   * Computes {@code last + lanes} elements of dst: whole vectors from 0 up to {@code last}, then
   * the vector at {@code last}, which may overlap the one before it. So a line has at least one
   * vector of elements. Nothing outside the line is touched. The destination may be a source
   * exactly if no vectors overlap, that is if {@code last} is a multiple of the lanes. Offsets are
   * in bytes; sources that the function lacks are ignored.
   *
   * @param last elements less one vector
   * @param alpha first parameter of the function or, where it has none, of the activation
   * @param beta second parameter
   */
  void run(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      MemorySegment d,
      long dAt,
      MemorySegment dst,
      long dstAt,
      int last,
      float alpha,
      float beta);
}
