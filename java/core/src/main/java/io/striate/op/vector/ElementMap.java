package io.striate.op.vector;

import java.lang.foreign.MemorySegment;

/** An element-wise function over contiguous f32 memory, made by {@link ElementMaps}. */
@FunctionalInterface
interface ElementMap {

  /**
   * {@code dst[i] = f(a[i] + b[i])}, or {@code f(a[i])} if the map was made without b. Works in
   * whole vectors: {@code count} is rounded up to one, and that much memory must be there. The
   * destination may be a or b. Offsets are in bytes.
   *
   * @param alpha first parameter of the activation
   * @param beta second parameter of the activation
   */
  void run(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment dst,
      long dstAt,
      int count,
      float alpha,
      float beta);
}
