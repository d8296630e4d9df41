package io.striate.op;

import io.striate.base.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A family of kernels: scalar, vector, cpu, onednn. A provider may be unavailable on a machine, and
 * may refuse a request; both come with a reason that reaches the user.
 */
public interface Provider {

  /** The name that users choose it by. */
  String name();

  /** Why it cannot be used on this machine, or empty if it can. */
  Optional<String> unavailable();

  /** One line for people: versions, instruction sets, libraries. */
  String describe();

  /**
   * The kernels that could serve the request, best first, or the reason why none can. Never throws
   * for a request that {@link KernelRequest} accepted, except that an unknown {@link
   * KernelRequest#kernelId} is a refusal too.
   */
  Offer offer(KernelRequest request);

  /**
   * Makes the kernel that the request names from a copy that {@link Kernel#copyTo} wrote for an
   * equal request. The data of constants is not needed. The copy is 64-byte aligned off-heap memory
   * that the kernel reads until it is closed.
   *
   * @throws io.striate.StriateException if the copy does not fit
   */
  default Kernel restore(KernelRequest request, MemorySegment copy) {
    throw new io.striate.StriateException("provider " + name() + " restores no kernels");
  }

  /** Memory for copies, 64-byte aligned, freed with the arena; its content is undefined. */
  default MemorySegment copyMemory(long bytes, Arena arena) {
    return Memory.allocate(bytes, arena);
  }

  /** What copies depend on besides the request: another text means that old copies do not fit. */
  default String copyFormat() {
    return describe();
  }
}
