package io.striate.op;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One op with packed constants and fixed shapes, ready to be bound to memory. Immutable and
 * thread-safe until closed.
 *
 * <p>Its work is {@link #tiles} independent pieces; a reduction is never split between tiles, so
 * results depend neither on the partition nor on the number of threads.
 */
public interface Kernel extends AutoCloseable {

  /** What runs, for example {@code conv/igemm/f32/nhwc/avx512/7x64}. */
  String id();

  /** Number of independent tiles, at least 1. */
  int tiles();

  /**
   * Bytes of scratch, aligned to 64, that every concurrent {@link TileTask#run} needs; may be 0.
   */
  long scratchBytes();

  /** Bytes of packed constants held. */
  default long packedBytes() {
    return 0;
  }

  /**
   * Bytes of a copy of the packed constants, from which {@link Provider#restore} makes the kernel
   * again without packing; 0 where the kernel offers none.
   */
  default long copyBytes() {
    return 0;
  }

  /**
   * Writes that copy to off-heap memory of {@link #copyBytes} bytes.
   *
   * @throws UnsupportedOperationException if the kernel offers none
   */
  default void copyTo(MemorySegment copy) {
    throw new UnsupportedOperationException(id() + " offers no copy of its constants");
  }

  /**
   * Fixes the memory of all operands. Entries of constant operands are ignored and may be {@link
   * MemorySegment#NULL}.
   *
   * @throws IllegalArgumentException if memory is too small, read-only or heap memory, or if the
   *     destination overlaps an operand (element-wise ops may write exactly onto an operand of
   *     equal layout)
   * @throws IllegalStateException after close, or if the arena of some memory is closed
   */
  TileTask bind(List<MemorySegment> inputs, MemorySegment output);

  /** Frees packed constants; runs in flight finish first. Closing twice is fine. */
  @Override
  void close();
}
