package io.striate.bindings;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One loaded library that implements {@code striate.h}. Loaded libraries stay loaded until the
 * process ends. Thread-safe.
 */
public final class NativeLibrary {
  /** Striate's own kernels. */
  public static final String STRIATE = "striate";

  /** The adapter to oneDNN. */
  public static final String ONEDNN = "striate_onednn";

  private static final ConcurrentHashMap<String, LoadResult> LOADED = new ConcurrentHashMap<>();

  private final String name;
  private final Path path;
  private final Functions functions;

  /**
   * Binds an open library.
   *
   * @throws java.util.NoSuchElementException if it lacks a function
   */
  NativeLibrary(String name, Path path, SymbolLookup symbols) {
    this.name = name;
    this.path = path;
    this.functions = new Functions(symbols);
  }

  /**
   * Loads a library under the settings of this process, once; later calls get the same answer. What
   * went wrong on the way to success is logged as a warning, once.
   *
   * @param name {@link #STRIATE} or {@link #ONEDNN}
   */
  public static LoadResult load(String name) {
    return LOADED.computeIfAbsent(
        name,
        key -> {
          LoadResult result = load(key, LoadSettings.current());
          if (result instanceof LoadResult.Loaded loaded && !loaded.warnings().isEmpty()) {
            System.Logger log = System.getLogger("io.striate.bindings");
            loaded.warnings().forEach(warning -> log.log(Level.WARNING, warning));
          }
          return result;
        });
  }

  /** Loads a library under given settings; every call tries anew. */
  public static LoadResult load(String name, LoadSettings settings) {
    return new NativeLoader(name, settings).load();
  }

  /** The name without prefix and suffix of the system, as {@code striate_onednn}. */
  public String name() {
    return name;
  }

  /** The file that was opened. */
  public Path path() {
    return path;
  }

  public int abiVersion() {
    return functions.abiVersion();
  }

  /** Library, version, compiler and build flags, one line. */
  public String describe() {
    long capacity = 1024;
    for (; ; ) {
      try (Arena arena = new CallArena()) {
        MemorySegment text = arena.allocate(capacity);
        long length = functions.describe(text, capacity);
        if (length < capacity) {
          return text.getString(0);
        }
        capacity = length + 1;
      }
    }
  }

  /**
   * Creates a context.
   *
   * @param maxIsa the best instruction set to use, {@link Abi#ISA_ANY} for what the CPU has, capped
   *     by the environment variable {@code STRIATE_MAX_ISA}
   * @throws NativeException if the CPU lacks it or the variable is misspelt
   */
  public NativeContext createContext(int maxIsa) {
    return new NativeContext(this, functions, maxIsa);
  }

  /**
   * Memory for copies of packed constants, on large pages where the system has them, 64-byte
   * aligned, not set to anything.
   *
   * @param arena frees it when it is closed
   * @throws NativeException if there is none
   */
  @SuppressWarnings("restricted") // this module is the one that is granted native access
  public MemorySegment allocate(long bytes, Arena arena) {
    try (Arena own = new CallArena()) {
      MemorySegment out = own.allocate(ValueLayout.JAVA_LONG);
      MemorySegment error = own.allocate(Structs.ERROR);
      int status = functions.memoryAllocate(bytes, out, error);
      if (status != Abi.OK) {
        throw NativeContext.failure("striate_memory_allocate", status, error);
      }
      return MemorySegment.ofAddress(out.get(ValueLayout.JAVA_LONG, 0))
          .reinterpret(bytes, arena, memory -> functions.memoryFree(memory.address()));
    }
  }

  /** The functions that every library must export. */
  static List<String> functionNames() {
    return Functions.NAMES;
  }

  @Override
  public String toString() {
    return name + " (" + path + ")";
  }
}
