package io.striate.bindings;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A {@code striate_context}. Thread-safe. Kernels keep it alive: {@link #close} refuses new ones
 * and frees it when the last kernel is gone.
 */
public final class NativeContext implements AutoCloseable {
  private final NativeLibrary library;
  private final Functions functions;
  private final long handle;
  private final Lifetime lifetime;

  NativeContext(NativeLibrary library, Functions functions, int maxIsa) {
    this.library = library;
    this.functions = functions;
    try (Arena arena = new CallArena()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      MemorySegment error = arena.allocate(Structs.ERROR);
      int status = functions.contextCreate(maxIsa, out, error);
      if (status != Abi.OK) {
        throw failure("striate_context_create", status, error);
      }
      handle = out.get(JAVA_LONG, 0);
    }
    long context = handle; // The release action must not hold this object.
    lifetime =
        new Lifetime("this context of " + library.name(), () -> functions.contextDestroy(context));
  }

  public NativeLibrary library() {
    return library;
  }

  /** The instruction set in use, one of {@link Abi#ISA_PORTABLE} … {@link Abi#ISA_AVX512}. */
  public int isa() {
    lifetime.enter();
    try {
      return functions.contextIsa(handle);
    } finally {
      lifetime.leave();
    }
  }

  /**
   * The kernels that can do the request, best first, then lines {@code -id: reason} for those that
   * cannot.
   *
   * @throws NativeException if the request is invalid
   */
  public List<String> kernels(NativeRequest request) {
    lifetime.enter();
    try (Arena arena = new CallArena()) {
      MemorySegment struct = request.write(arena);
      MemorySegment error = arena.allocate(Structs.ERROR);
      long capacity = 4096;
      for (; ; ) {
        MemorySegment text = arena.allocate(capacity);
        long length = functions.kernelList(handle, struct, text, capacity, error);
        if (length < 0) {
          throw failure("striate_kernel_list", error.get(JAVA_INT, 0), error);
        }
        if (length < capacity) {
          String lines = text.getString(0);
          return lines.isEmpty() ? List.of() : List.of(lines.split("\n"));
        }
        capacity = length + 1;
      }
    } finally {
      lifetime.leave();
    }
  }

  /**
   * Creates the kernel of a request.
   *
   * @throws NativeException with {@link Abi#UNSUPPORTED} when this library has no kernel for it, or
   *     another status when the request is wrong; the message says why
   */
  public NativeKernel createKernel(NativeRequest request) {
    lifetime.enter(); // Left when the kernel is destroyed.
    boolean created = false;
    try (Arena arena = new CallArena()) {
      MemorySegment struct = request.write(arena);
      MemorySegment out = arena.allocate(JAVA_LONG);
      MemorySegment error = arena.allocate(Structs.ERROR);
      int status = functions.kernelCreate(handle, struct, out, error);
      if (status != Abi.OK) {
        throw failure("striate_kernel_create", status, error);
      }
      created = true;
      return new NativeKernel(functions, out.get(JAVA_LONG, 0), lifetime);
    } finally {
      if (!created) {
        lifetime.leave();
      }
    }
  }

  /**
   * Creates the kernel of a request from a copy of its packed constants.
   *
   * @param request names the kernel; the data of its constants is not read
   * @param copy 64-byte aligned off-heap memory that {@link NativeKernel#copyTo} wrote; the caller
   *     keeps it alive and unchanged until the kernel is closed and no run is inside
   * @throws NativeException if the copy does not fit
   */
  public NativeKernel restoreKernel(NativeRequest request, MemorySegment copy) {
    lifetime.enter(); // Left when the kernel is destroyed.
    boolean created = false;
    try (Arena arena = new CallArena()) {
      MemorySegment struct = request.write(arena);
      MemorySegment out = arena.allocate(JAVA_LONG);
      MemorySegment error = arena.allocate(Structs.ERROR);
      int status =
          functions.kernelRestore(handle, struct, copy.address(), copy.byteSize(), out, error);
      if (status != Abi.OK) {
        throw failure("striate_kernel_restore", status, error);
      }
      created = true;
      return new NativeKernel(functions, out.get(JAVA_LONG, 0), lifetime);
    } finally {
      if (!created) {
        lifetime.leave();
      }
    }
  }

  /** Idempotent. */
  @Override
  public void close() {
    lifetime.close();
  }

  static NativeException failure(String function, int status, MemorySegment error) {
    long offset = Structs.offset(Structs.ERROR, "text");
    long end = Structs.ERROR.byteSize();
    long length = 0;
    while (offset + length < end && error.get(JAVA_BYTE, offset + length) != 0) {
      length++;
    }
    byte[] text = error.asSlice(offset, length).toArray(JAVA_BYTE);
    return new NativeException(function, status, new String(text, StandardCharsets.UTF_8));
  }
}
