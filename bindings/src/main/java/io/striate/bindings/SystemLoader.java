package io.striate.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Opens shared libraries for the life of the process, and finds out why one did not open. */
@SuppressWarnings("restricted") // this module is the one that is granted native access
final class SystemLoader {
  private static final int RTLD_LAZY = 1;
  private static final int MAX_MESSAGE_BYTES = 4096;

  private SystemLoader() {}

  /**
   * Opens a library. It is never closed: an OpenMP run-time owns threads, and unloading code that a
   * thread may still run ends the process.
   *
   * @throws IllegalArgumentException with the system's own sentence if it refuses
   */
  static SymbolLookup open(Path file) {
    requireElf(file);
    try {
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(reason(file), e);
    }
  }

  /** HotSpot takes a file that it does not understand for one with an executable stack. */
  private static void requireElf(Path file) {
    if (!System.getProperty("os.name", "").startsWith("Linux")) {
      return;
    }
    byte[] magic = {0x7f, 'E', 'L', 'F'};
    try (InputStream in = Files.newInputStream(file)) {
      if (!Arrays.equals(magic, in.readNBytes(magic.length))) {
        throw new IllegalArgumentException(file + ": not an ELF file");
      }
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": cannot be read: " + e, e);
    }
  }

  /** The JDK drops the text of dlerror, so ask again where the C library has dlopen. */
  private static String reason(Path file) {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> dlopen = linker.defaultLookup().find("dlopen");
    Optional<MemorySegment> dlerror = linker.defaultLookup().find("dlerror");
    if (dlopen.isEmpty() || dlerror.isEmpty()) {
      return "cannot open " + file;
    }
    try (Arena arena = new CallArena()) {
      MemorySegment opened =
          (MemorySegment)
              linker
                  .downcallHandle(dlopen.get(), FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT))
                  .invokeExact(arena.allocateFrom(file.toString()), RTLD_LAZY);
      MemorySegment text =
          (MemorySegment)
              linker.downcallHandle(dlerror.get(), FunctionDescriptor.of(ADDRESS)).invokeExact();
      if (opened.address() != 0 || text.address() == 0) {
        return "cannot open " + file;
      }
      return text.reinterpret(MAX_MESSAGE_BYTES).getString(0);
    } catch (Throwable t) {
      return "cannot open " + file;
    }
  }
}
