package io.striate.base;

import io.striate.bindings.LargePages;
import io.striate.bindings.WholeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Off-heap memory of weights, activations and scratch: 64-byte aligned and zeroed. Blocks of a
 * large page (2 MB) or more lie on large pages where the system allows them, and are zeroed by it
 * when they are first touched; smaller ones come from the arena.
 */
public final class Memory {
  /** Alignment of every block, in bytes: one cache line, one AVX-512 register. */
  public static final long ALIGNMENT = 64;

  private Memory() {}

  /**
   * A zeroed block that lives as long as {@code arena}.
   *
   * @param bytes at least 1
   * @throws OutOfMemoryError if there is none
   */
  public static MemorySegment allocate(long bytes, Arena arena) {
    LargePages pages = LargePages.here();
    return pages.unavailable().isEmpty() && bytes >= pages.pageBytes()
        ? pages.allocate(bytes, arena).orElseGet(() -> arena.allocate(bytes, ALIGNMENT))
        : arena.allocate(bytes, ALIGNMENT);
  }

  /**
   * All memory of the process as one segment, for code that has compared what it reads with the
   * segment that it belongs to; empty where native access is not allowed. See {@link WholeMemory}.
   */
  public static Optional<MemorySegment> whole() {
    return WholeMemory.segment();
  }

  /** Where large blocks lie in this process, and why not elsewhere. */
  public static String describe() {
    LargePages pages = LargePages.here();
    return pages
        .unavailable()
        .map(reason -> "small pages; large ones are not used: " + reason)
        .orElseGet(
            () ->
                "blocks of "
                    + (pages.pageBytes() >> 10)
                    + " KiB and more ask for large pages of that size");
  }
}
