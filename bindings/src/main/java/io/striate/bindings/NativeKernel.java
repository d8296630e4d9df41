package io.striate.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * A {@code striate_kernel}. Thread-safe: {@link #run} may be called from many threads, and {@link
 * #close} at any time; memory is freed when the last run has left.
 */
@SuppressWarnings("restricted") // this module is the one that is granted native access
public final class NativeKernel implements AutoCloseable {
  private final Functions functions;
  private final long handle;
  private final String id;
  private final long tiles;
  private final long scratchBytes;
  private final long packedBytes;
  private final Lifetime lifetime;

  NativeKernel(Functions functions, long handle, Lifetime context) {
    this.functions = functions;
    this.handle = handle;
    MemorySegment text = MemorySegment.ofAddress(functions.kernelId(handle));
    id = text.reinterpret(MAX_ID_BYTES).getString(0);
    tiles = functions.kernelTiles(handle);
    scratchBytes = functions.kernelScratchBytes(handle);
    packedBytes = functions.kernelPackedBytes(handle);
    lifetime =
        new Lifetime(
            "kernel " + id,
            () -> {
              functions.kernelDestroy(handle);
              context.leave();
            });
  }

  private static final long MAX_ID_BYTES = 4096;

  /** The kernel's id, as {@code conv/igemm/f32/nhwc/avx512/7x64}. */
  public String id() {
    return id;
  }

  /** The number of independent tiles, at least 1. */
  public long tiles() {
    return tiles;
  }

  /** The bytes of scratch that each concurrent run needs, 64-byte aligned. */
  public long scratchBytes() {
    return scratchBytes;
  }

  /** The bytes of packed constants that the kernel holds. */
  public long packedBytes() {
    return packedBytes;
  }

  /**
   * Computes tiles [first, last). Allocates nothing.
   *
   * @param src address of an array with the base address of every operand (entries of constants may
   *     be 0)
   * @param dst address of an array with the base address of every result
   * @param scratch address of {@link #scratchBytes()} bytes of this call's own, 0 when that is 0.
   *     The memory behind all addresses is the caller's to keep alive and large enough
   * @throws IllegalStateException after close
   * @throws NativeException if the library reports a failure
   */
  public void run(long src, long dst, long first, long last, long scratch) {
    lifetime.enter();
    int status;
    try {
      status = functions.kernelRun(handle, src, dst, first, last, scratch);
    } finally {
      lifetime.leave();
    }
    if (status != Abi.OK) {
      throw new NativeException(
          "striate_kernel_run",
          status,
          id + " failed on tiles [" + first + ", " + last + ") of " + tiles);
    }
  }

  /** The bytes of a copy of the packed constants, 0 where the kernel does not offer one. */
  public long copyBytes() {
    lifetime.enter();
    try {
      return functions.kernelCopyBytes(handle);
    } finally {
      lifetime.leave();
    }
  }

  /**
   * Copies the packed constants, from which {@link NativeContext#restoreKernel} makes the kernel
   * again.
   *
   * @param copy off-heap memory of {@link #copyBytes()} bytes
   * @throws NativeException if the kernel offers no copy, or of another size
   */
  public void copyTo(MemorySegment copy) {
    lifetime.enter();
    try (Arena arena = new CallArena()) {
      MemorySegment error = arena.allocate(Structs.ERROR);
      int status = functions.kernelCopy(handle, copy.address(), copy.byteSize(), error);
      if (status != Abi.OK) {
        throw NativeContext.failure("striate_kernel_copy", status, error);
      }
    } finally {
      Reference.reachabilityFence(copy);
      lifetime.leave();
    }
  }

  /** True once {@link #close} was called, even while runs are still inside. */
  public boolean isClosed() {
    return lifetime.isClosed();
  }

  /** Idempotent; runs in flight finish undisturbed. */
  @Override
  public void close() {
    lifetime.close();
  }
}
