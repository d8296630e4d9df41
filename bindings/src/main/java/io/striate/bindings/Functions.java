package io.striate.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The functions of {@code striate.h}: one constant method handle and one typed method each.
 *
 * <p>Several libraries export the same functions, so the handles are linked without an address and
 * take it as their first argument: they stay {@code static final}, the JIT inlines the call, and an
 * instance of this class is no more than its addresses. Opaque handles and, in {@code kernelRun},
 * all pointers travel as {@code long}: a {@code MemorySegment} argument would cost a liveness check
 * each, and the caller has made it once already. No call is {@code critical}.
 *
 * <p>Not thread-confined; no argument is checked here.
 */
@SuppressWarnings("restricted") // this module is the one that is granted native access
final class Functions {
  private static final MethodHandle ABI_VERSION = link(FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle DESCRIBE =
      link(FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG));
  private static final MethodHandle CONTEXT_CREATE =
      link(FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle CONTEXT_DESTROY = link(FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle CONTEXT_ISA = link(FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
  private static final MethodHandle KERNEL_LIST =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
  private static final MethodHandle KERNEL_CREATE =
      link(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle KERNEL_ID = link(FunctionDescriptor.of(ADDRESS, JAVA_LONG));
  private static final MethodHandle KERNEL_TILES =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle KERNEL_SCRATCH_BYTES =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle KERNEL_PACKED_BYTES =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle KERNEL_COPY =
      link(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS));
  private static final MethodHandle KERNEL_RESTORE =
      link(
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS));
  private static final MethodHandle MEMORY_ALLOCATE =
      link(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS));
  private static final MethodHandle KERNEL_RUN =
      link(
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

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
    MemorySegment function = library.findOrThrow("striate_abi_version");
    try {
      return (int) ABI_VERSION.invokeExact(function);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int abiVersion() {
    try {
      return (int) ABI_VERSION.invokeExact(abiVersion);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long describe(MemorySegment text, long capacity) {
    try {
      return (long) DESCRIBE.invokeExact(describe, text, capacity);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int contextCreate(int maxIsa, MemorySegment context, MemorySegment error) {
    try {
      return (int) CONTEXT_CREATE.invokeExact(contextCreate, maxIsa, context, error);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  void contextDestroy(long context) {
    try {
      CONTEXT_DESTROY.invokeExact(contextDestroy, context);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int contextIsa(long context) {
    try {
      return (int) CONTEXT_ISA.invokeExact(contextIsa, context);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelList(
      long context, MemorySegment request, MemorySegment text, long capacity, MemorySegment error) {
    try {
      return (long) KERNEL_LIST.invokeExact(kernelList, context, request, text, capacity, error);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int kernelCreate(long context, MemorySegment request, MemorySegment kernel, MemorySegment error) {
    try {
      return (int) KERNEL_CREATE.invokeExact(kernelCreate, context, request, kernel, error);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  void kernelDestroy(long kernel) {
    try {
      CONTEXT_DESTROY.invokeExact(kernelDestroy, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelCopyBytes(long kernel) {
    try {
      return (long) KERNEL_PACKED_BYTES.invokeExact(kernelCopyBytes, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int kernelCopy(long kernel, long copy, long bytes, MemorySegment error) {
    try {
      return (int) KERNEL_COPY.invokeExact(kernelCopy, kernel, copy, bytes, error);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int kernelRestore(
      long context,
      MemorySegment request,
      long copy,
      long bytes,
      MemorySegment kernel,
      MemorySegment error) {
    try {
      return (int)
          KERNEL_RESTORE.invokeExact(kernelRestore, context, request, copy, bytes, kernel, error);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int memoryAllocate(long bytes, MemorySegment memory, MemorySegment error) {
    try {
      return (int) MEMORY_ALLOCATE.invokeExact(memoryAllocate, bytes, memory, error);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  void memoryFree(long memory) {
    try {
      CONTEXT_DESTROY.invokeExact(memoryFree, memory);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  MemorySegment kernelId(long kernel) {
    try {
      return (MemorySegment) KERNEL_ID.invokeExact(kernelId, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelTiles(long kernel) {
    try {
      return (long) KERNEL_TILES.invokeExact(kernelTiles, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelScratchBytes(long kernel) {
    try {
      return (long) KERNEL_SCRATCH_BYTES.invokeExact(kernelScratchBytes, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelPackedBytes(long kernel) {
    try {
      return (long) KERNEL_PACKED_BYTES.invokeExact(kernelPackedBytes, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int kernelRun(long kernel, long src, long dst, long first, long last, long scratch) {
    try {
      return (int) KERNEL_RUN.invokeExact(kernelRun, kernel, src, dst, first, last, scratch);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static MethodHandle link(FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(descriptor);
  }

  /** A downcall throws nothing checked: only errors of the VM, such as a stack overflow, arrive. */
  private static RuntimeException unexpected(Throwable t) {
    if (t instanceof Error error) {
      throw error;
    }
    return t instanceof RuntimeException runtime ? runtime : new IllegalStateException(t);
  }
}
