package io.striate.op.contract;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory between two inaccessible pages. Tensors are placed flush against the end or the beginning,
 * so that an access of one element too far kills the process in native code; in Java code the
 * segment's own bounds do the same by exception.
 *
 * <p>Slots are reused: whoever asks for a slot again gets the same memory.
 */
final class GuardedMemory {
  private static final long PAGE = 4096;
  private static final long SLOT_BYTES = 16L << 20;
  private static final int READ_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;

  private final List<MemorySegment> slots = new ArrayList<>();

  /**
   * A segment of exactly {@code bytes}, its last byte before a guard page or its first byte after
   * one.
   */
  MemorySegment place(int slot, long bytes, boolean atBeginning) {
    while (slots.size() <= slot) {
      slots.add(map());
    }
    if (bytes > SLOT_BYTES) {
      throw new IllegalArgumentException(bytes + " bytes are more than a slot of " + SLOT_BYTES);
    }
    return slots.get(slot).asSlice(atBeginning ? 0 : SLOT_BYTES - bytes, bytes);
  }

  /** As place, but aligned to 64 bytes, at most 63 bytes before the guard page. */
  MemorySegment placeAligned(int slot, long bytes) {
    return place(slot, Math.ceilDiv(bytes, 64L) * 64, false).asSlice(0, bytes);
  }

  @SuppressWarnings("restricted")
  private static MemorySegment map() {
    Linker linker = Linker.nativeLinker();
    MethodHandle mmap =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mmap"),
            FunctionDescriptor.of(
                ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    MethodHandle mprotect =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mprotect"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    try {
      long total = SLOT_BYTES + 2 * PAGE;
      MemorySegment all =
          (MemorySegment) mmap.invokeExact(MemorySegment.NULL, total, 0, PRIVATE_ANONYMOUS, -1, 0L);
      MemorySegment inside = MemorySegment.ofAddress(all.address() + PAGE).reinterpret(SLOT_BYTES);
      int rc = (int) mprotect.invokeExact(inside, SLOT_BYTES, READ_WRITE);
      if (all.address() == -1 || rc != 0) {
        throw new IllegalStateException("mmap of " + total + " bytes failed");
      }
      return inside;
    } catch (Throwable e) {
      throw new IllegalStateException("cannot map guarded memory", e);
    }
  }
}
