package io.striate.bindings;

import java.util.List;

/** What became of an attempt to load a native library: it is there, or a sentence says why not. */
public sealed interface LoadResult {

  /**
   * The library is loaded.
   *
   * @param warnings what went wrong on the way, such as a cache folder that could not be used;
   *     empty when nothing did
   */
  record Loaded(NativeLibrary library, List<String> warnings) implements LoadResult {
    public Loaded {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * The library cannot be used.
   *
   * @param library its name, as {@code striate_onednn}
   * @param message a sentence with the values and the remedy
   */
  record Unavailable(String library, Reason reason, String message) implements LoadResult {}

  /** Why a library is unavailable. */
  enum Reason {
    /** The JVM forbids native access to this module. */
    NATIVE_ACCESS_DENIED,
    /** No build of the natives exists for this operating system, C library or processor. */
    UNSUPPORTED_PLATFORM,
    /** The library is neither on the class path nor in the folder that was named. */
    MISSING,
    /** The resource differs from its manifest, or the manifest cannot be read. */
    CORRUPT_RESOURCE,
    /** No folder takes the extracted file and lets it run. */
    NO_CACHE_FOLDER,
    /** The system's loader refuses the file. */
    LINK_FAILED,
    /** The library lacks a function of {@code striate.h}. */
    MISSING_FUNCTION,
    /** The library was built for another version of {@code striate.h}. */
    ABI_MISMATCH
  }

  /** The library. */
  default NativeLibrary orThrow() {
    return switch (this) {
      case Loaded loaded -> loaded.library();
      case Unavailable missing -> throw new IllegalStateException(missing.message());
    };
  }
}
