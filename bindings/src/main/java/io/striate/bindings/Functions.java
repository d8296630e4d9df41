package io.striate.bindings;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.List;

/**
 * The functions of {@code striate.h}, one typed method each, all called by {@link Downcall}.
 *
 * <p>Several libraries export the same functions, so an instance of this class is no more than
 * their addresses. Handles and pointers travel as {@code long}. The caller keeps all memory alive
 * during the call.
 *
 * <p>Not thread-confined; no argument is checked here.
 */
final class Functions {
  /** Every function of the header, in its order. */
  static final List<String> NAMES =
      List.of(
          "striate_abi_version",
          "striate_describe",
          "striate_context_create",
          "striate_context_destroy",
          "striate_context_isa",
          "striate_kernel_list",
          "striate_kernel_create",
          "striate_kernel_destroy",
          "striate_kernel_copy_bytes",
          "striate_kernel_copy",
          "striate_kernel_restore",
          "striate_memory_allocate",
          "striate_memory_free",
          "striate_kernel_id",
          "striate_kernel_tiles",
          "striate_kernel_scratch_bytes",
          "striate_kernel_packed_bytes",
          "striate_kernel_run");

  private final MemorySegment abiVersion;
  private final MemorySegment describe;
  private final MemorySegment contextCreate;
  private final MemorySegment contextDestroy;
  private final MemorySegment contextIsa;
  private final MemorySegment kernelList;
  private final MemorySegment kernelCreate;
  private final MemorySegment kernelDestroy;
  private final MemorySegment kernelCopyBytes;
  private final MemorySegment kernelCopy;
  private final MemorySegment kernelRestore;
  private final MemorySegment memoryAllocate;
  private final MemorySegment memoryFree;
  private final MemorySegment kernelId;
  private final MemorySegment kernelTiles;
  private final MemorySegment kernelScratchBytes;
  private final MemorySegment kernelPackedBytes;
  private final MemorySegment kernelRun;

  /**
   * Takes the address of every function.
   *
   * @throws java.util.NoSuchElementException if the library lacks one; the message names it
   */
  Functions(SymbolLookup library) {
    abiVersion = library.findOrThrow("striate_abi_version");
    describe = library.findOrThrow("striate_describe");
    contextCreate = library.findOrThrow("striate_context_create");
    contextDestroy = library.findOrThrow("striate_context_destroy");
    contextIsa = library.findOrThrow("striate_context_isa");
    kernelList = library.findOrThrow("striate_kernel_list");
    kernelCreate = library.findOrThrow("striate_kernel_create");
    kernelDestroy = library.findOrThrow("striate_kernel_destroy");
    kernelCopyBytes = library.findOrThrow("striate_kernel_copy_bytes");
    kernelCopy = library.findOrThrow("striate_kernel_copy");
    kernelRestore = library.findOrThrow("striate_kernel_restore");
    memoryAllocate = library.findOrThrow("striate_memory_allocate");
    memoryFree = library.findOrThrow("striate_memory_free");
    kernelId = library.findOrThrow("striate_kernel_id");
    kernelTiles = library.findOrThrow("striate_kernel_tiles");
    kernelScratchBytes = library.findOrThrow("striate_kernel_scratch_bytes");
    kernelPackedBytes = library.findOrThrow("striate_kernel_packed_bytes");
    kernelRun = library.findOrThrow("striate_kernel_run");
  }

  /** The version of a library that may lack everything else. */
  static int abiVersionOf(SymbolLookup library) {
    return (int) Downcall.call(library.findOrThrow("striate_abi_version"));
  }

  int abiVersion() {
    return (int) Downcall.call(abiVersion);
  }

  long describe(MemorySegment text, long capacity) {
    return Downcall.call(describe, text.address(), capacity);
  }

  int contextCreate(int maxIsa, MemorySegment context, MemorySegment error) {
    return (int) Downcall.call(contextCreate, maxIsa, context.address(), error.address());
  }

  void contextDestroy(long context) {
    Downcall.call(contextDestroy, context);
  }

  int contextIsa(long context) {
    return (int) Downcall.call(contextIsa, context);
  }

  long kernelList(
      long context, MemorySegment request, MemorySegment text, long capacity, MemorySegment error) {
    return Downcall.call(
        kernelList, context, request.address(), text.address(), capacity, error.address());
  }

  int kernelCreate(long context, MemorySegment request, MemorySegment kernel, MemorySegment error) {
    return (int)
        Downcall.call(kernelCreate, context, request.address(), kernel.address(), error.address());
  }

  void kernelDestroy(long kernel) {
    Downcall.call(kernelDestroy, kernel);
  }

  long kernelCopyBytes(long kernel) {
    return Downcall.call(kernelCopyBytes, kernel);
  }

  int kernelCopy(long kernel, long copy, long bytes, MemorySegment error) {
    return (int) Downcall.call(kernelCopy, kernel, copy, bytes, error.address());
  }

  int kernelRestore(
      long context,
      MemorySegment request,
      long copy,
      long bytes,
      MemorySegment kernel,
      MemorySegment error) {
    return (int)
        Downcall.call(
            kernelRestore,
            context,
            request.address(),
            copy,
            bytes,
            kernel.address(),
            error.address());
  }

  int memoryAllocate(long bytes, MemorySegment memory, MemorySegment error) {
    return (int) Downcall.call(memoryAllocate, bytes, memory.address(), error.address());
  }

  void memoryFree(long memory) {
    Downcall.call(memoryFree, memory);
  }

  long kernelId(long kernel) {
    return Downcall.call(kernelId, kernel);
  }

  long kernelTiles(long kernel) {
    return Downcall.call(kernelTiles, kernel);
  }

  long kernelScratchBytes(long kernel) {
    return Downcall.call(kernelScratchBytes, kernel);
  }

  long kernelPackedBytes(long kernel) {
    return Downcall.call(kernelPackedBytes, kernel);
  }

  int kernelRun(long kernel, long src, long dst, long first, long last, long scratch) {
    return (int) Downcall.call(kernelRun, kernel, src, dst, first, last, scratch);
  }
}
