package io.striate.bindings;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * All memory of the process as one segment that begins at address 0. An access to it is checked
 * against a constant length only, so that whoever has compared a stretch with its segment before
 * pays for no further checks; whoever has not may end the process.
 */
public final class WholeMemory {
  private static final Optional<MemorySegment> SEGMENT = of(WholeMemory.class.getModule());

  private WholeMemory() {}

  /** The segment, or empty where native access is not allowed. */
  public static Optional<MemorySegment> segment() {
    return SEGMENT;
  }

  @SuppressWarnings("restricted") // this module is the one that is granted native access
  static Optional<MemorySegment> of(Module module) {
    return module.isNativeAccessEnabled()
        ? Optional.of(MemorySegment.NULL.reinterpret(Long.MAX_VALUE))
        : Optional.empty();
  }
}
