package io.striate.op.ffm;

import io.striate.bindings.NativeKernel;
import io.striate.op.TileTask;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Objects;

/**
 * A native kernel bound to memory: {@link #run} is one downcall and allocates nothing. The memory
 * is kept from being collected, and memory of an arena that was closed is refused; an arena may not
 * be closed while a run is inside.
 */
final class FfmTask implements TileTask {
  private static final long SCRATCH_ALIGNMENT = 64;

  private final NativeKernel kernel;
  private final int tiles;
  private final long scratchBytes;
  private final MemorySegment pointers;
  private final long src;
  private final long dst;
  private final MemorySegment[] memory;

  /**
   * Takes the memory of all operands, and the array of their addresses with the destination's last.
   */
  FfmTask(NativeKernel kernel, int tiles, List<MemorySegment> memory, MemorySegment pointers) {
    this.kernel = kernel;
    this.tiles = tiles;
    this.scratchBytes = kernel.scratchBytes();
    this.memory = memory.toArray(new MemorySegment[0]);
    this.pointers = pointers;
    this.src = pointers.address();
    this.dst = pointers.address() + pointers.byteSize() - Long.BYTES;
  }

  @Override
  public void run(int first, int last, MemorySegment scratch) {
    Objects.checkFromToIndex(first, last, tiles);
    if (first == last) {
      return;
    }
    for (MemorySegment segment : memory) {
      if (!segment.scope().isAlive()) {
        throw new IllegalStateException(
            "kernel " + kernel.id() + " is bound to memory whose arena is closed");
      }
    }
    long address = 0;
    if (scratchBytes > 0) {
      checkScratch(scratch);
      address = scratch.address();
    }
    try {
      kernel.run(src, dst, first, last, address);
    } finally {
      Reference.reachabilityFence(scratch);
      Reference.reachabilityFence(pointers);
      Reference.reachabilityFence(memory);
    }
  }

  private void checkScratch(MemorySegment scratch) {
    if (!scratch.isNative()
        || scratch.byteSize() < scratchBytes
        || scratch.address() % SCRATCH_ALIGNMENT != 0
        || !scratch.scope().isAlive()) {
      throw new IllegalArgumentException(
          "kernel "
              + kernel.id()
              + " needs "
              + scratchBytes
              + " bytes of live off-heap scratch aligned to "
              + SCRATCH_ALIGNMENT
              + ", not "
              + scratch);
    }
  }
}
