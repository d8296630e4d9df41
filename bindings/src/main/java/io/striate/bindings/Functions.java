package io.striate.bindings;

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
 * instance of this class is no more than its addresses. Handles and pointers travel as {@code
 * long}: a {@code MemorySegment} argument would cost a liveness check each, which {@code
 * kernelRun}'s caller has made once already, and functions of equal signature share a handle:
 * linking one takes 4 ms of a start. The caller keeps all memory alive during the call. No call is
 * {@code critical}.
 *
 * <p>Not thread-confined; no argument is checked here.
 */
@SuppressWarnings("restricted") // this module is the one that is granted native access
final class Functions {
  private static final MethodHandle ABI_VERSION = link(FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle CONTEXT_CREATE =
      link(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle DESTROY = link(FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle KERNEL_LIST =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle CREATE_OR_COPY =
      link(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle PROPERTY = link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle RUN_OR_RESTORE =
      link(
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  /** Functions that a start may do without. */
  private static final class Later {
    static final MethodHandle DESCRIBE =
        link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static final MethodHandle CONTEXT_ISA = link(FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static final MethodHandle MEMORY_ALLOCATE =
        link(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  }

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
      return (long) Later.DESCRIBE.invokeExact(describe, text.address(), capacity);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int contextCreate(int maxIsa, MemorySegment context, MemorySegment error) {
    try {
      return (int)
          CONTEXT_CREATE.invokeExact(contextCreate, maxIsa, context.address(), error.address());
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  void contextDestroy(long context) {
    try {
      DESTROY.invokeExact(contextDestroy, context);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int contextIsa(long context) {
    try {
      return (int) Later.CONTEXT_ISA.invokeExact(contextIsa, context);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelList(
      long context, MemorySegment request, MemorySegment text, long capacity, MemorySegment error) {
    try {
      return (long)
          KERNEL_LIST.invokeExact(
              kernelList, context, request.address(), text.address(), capacity, error.address());
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int kernelCreate(long context, MemorySegment request, MemorySegment kernel, MemorySegment error) {
    try {
      return (int)
          CREATE_OR_COPY.invokeExact(
              kernelCreate, context, request.address(), kernel.address(), error.address());
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  void kernelDestroy(long kernel) {
    try {
      DESTROY.invokeExact(kernelDestroy, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelCopyBytes(long kernel) {
    try {
      return (long) PROPERTY.invokeExact(kernelCopyBytes, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int kernelCopy(long kernel, long copy, long bytes, MemorySegment error) {
    try {
      return (int) CREATE_OR_COPY.invokeExact(kernelCopy, kernel, copy, bytes, error.address());
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
          RUN_OR_RESTORE.invokeExact(
              kernelRestore,
              context,
              request.address(),
              copy,
              bytes,
              kernel.address(),
              error.address());
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int memoryAllocate(long bytes, MemorySegment memory, MemorySegment error) {
    try {
      return (int)
          Later.MEMORY_ALLOCATE.invokeExact(
              memoryAllocate, bytes, memory.address(), error.address());
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  void memoryFree(long memory) {
    try {
      DESTROY.invokeExact(memoryFree, memory);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelId(long kernel) {
    try {
      return (long) PROPERTY.invokeExact(kernelId, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelTiles(long kernel) {
    try {
      return (long) PROPERTY.invokeExact(kernelTiles, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelScratchBytes(long kernel) {
    try {
      return (long) PROPERTY.invokeExact(kernelScratchBytes, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  long kernelPackedBytes(long kernel) {
    try {
      return (long) PROPERTY.invokeExact(kernelPackedBytes, kernel);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  int kernelRun(long kernel, long src, long dst, long first, long last, long scratch) {
    try {
      return (int) RUN_OR_RESTORE.invokeExact(kernelRun, kernel, src, dst, first, last, scratch);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static MethodHandle link(FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(descriptor);
  }

  /** A downcall throws nothing checked: only errors of the VM, such as a stack overflow, arrive. */
  static RuntimeException unexpected(Throwable t) {
    if (t instanceof Error error) {
      throw error;
    }
    return t instanceof RuntimeException runtime ? runtime : new IllegalStateException(t);
  }
}
