package io.striate.bindings;

import io.striate.bindings.LoadResult.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;

/** One attempt to load one library. */
@SuppressWarnings("restricted") // this module is the one that is granted native access
final class NativeLoader {
  /** What libstriate_onednn needs beside it, in the order of opening, where the natives hold it. */
  private static final List<String> ONEDNN_COMPANIONS = List.of("libgomp.so.1", "libdnnl.so.3");

  private final String name;
  private final String file;
  private final LoadSettings settings;
  private final List<String> warnings = new ArrayList<>();

  NativeLoader(String name, LoadSettings settings) {
    if (!name.matches("[a-z0-9_]+")) {
      throw new IllegalArgumentException("\"" + name + "\" is no library name");
    }
    this.name = name;
    this.file = System.mapLibraryName(name);
    this.settings = settings;
  }

  LoadResult load() {
    try {
      requireNativeAccess();
      Path folder = settings.libraryFolder();
      NativeLibrary library = folder != null ? fromFolder(folder) : fromResources();
      return new LoadResult.Loaded(library, warnings);
    } catch (LoadFailure e) {
      String message = String.valueOf(e.getMessage());
      return new LoadResult.Unavailable(name, e.reason(), message);
    }
  }

  /** Any restricted method tells; this one does nothing else. */
  private static void requireNativeAccess() throws LoadFailure {
    try {
      var _ = MemorySegment.NULL.reinterpret(0);
    } catch (IllegalCallerException e) {
      Module module = NativeLoader.class.getModule();
      throw new LoadFailure(
          Reason.NATIVE_ACCESS_DENIED,
          "native access is not allowed; start java with --enable-native-access="
              + (module.isNamed() ? module.getName() : "ALL-UNNAMED"));
    }
  }

  private NativeLibrary fromFolder(Path folder) throws LoadFailure {
    Path library = folder.resolve(file);
    if (!Files.isRegularFile(library)) {
      throw new LoadFailure(
          Reason.MISSING,
          "the library folder "
              + folder
              + " holds no "
              + file
              + "; build it there"
              + (name.equals(NativeLibrary.ONEDNN) ? " (where CMake finds oneDNN 3)" : "")
              + " or unset striate.library.path and STRIATE_LIBRARY_PATH");
    }
    try {
      for (String companion : companions()) {
        Path beside = folder.resolve(companion);
        if (Files.isRegularFile(beside)) {
          SystemLoader.open(beside);
        }
      }
      return bind(library, SystemLoader.open(library));
    } catch (IllegalArgumentException e) {
      throw new LoadFailure(Reason.LINK_FAILED, "the system does not open " + e.getMessage());
    }
  }

  private NativeLibrary fromResources() throws LoadFailure {
    Manifest manifest = Manifest.find(settings.resources(), settings.platform());
    if (manifest == null) {
      throw missingManifest();
    }
    Manifest.Entry main = manifest.entry(file);
    if (main == null) {
      throw new LoadFailure(
          Reason.MISSING,
          "the natives for "
              + settings.platform()
              + " were built without "
              + file
              + "; "
              + (name.equals(NativeLibrary.ONEDNN)
                  ? "build where CMake finds oneDNN 3"
                  : "build where CMake and a C++ compiler are"));
    }
    List<Manifest.Entry> entries = new ArrayList<>();
    for (String companion : companions()) {
      Manifest.Entry entry = manifest.entry(companion);
      if (entry != null) {
        entries.add(entry);
      }
    }
    entries.add(main);
    for (Path folder : settings.cacheFolders()) {
      List<Path> files = new ArrayList<>();
      try {
        LibraryCache cache = new LibraryCache(folder);
        for (Manifest.Entry entry : entries) {
          String resource = Manifest.resource(settings.platform(), entry.name());
          files.add(cache.provide(entry, settings.resources(), resource));
        }
      } catch (IOException e) {
        warnings.add("cache folder " + LibraryCache.explain(folder, e));
        continue;
      }
      try {
        SymbolLookup symbols = null;
        for (Path path : files) {
          symbols = SystemLoader.open(path);
        }
        if (symbols != null) {
          return bind(files.getLast(), symbols);
        }
      } catch (IllegalArgumentException e) {
        String reason = String.valueOf(e.getMessage());
        if (!forbidsExecution(reason)) {
          throw new LoadFailure(Reason.LINK_FAILED, "the system does not open " + reason);
        }
        warnings.add(
            "cache folder "
                + folder
                + ": the system runs no code from there, is it mounted noexec? ("
                + reason
                + ")");
      }
    }
    throw new LoadFailure(
        Reason.NO_CACHE_FOLDER,
        "no usable folder to extract "
            + file
            + " to: "
            + String.join("; ", warnings)
            + ". Name a folder that is yours, writable and not mounted noexec by -Dstriate.cache="
            + "FOLDER or STRIATE_CACHE=FOLDER");
  }

  private LoadFailure missingManifest() {
    String platform = settings.platform();
    if (platform.equals("linux-x86_64") || platform.equals("linux-aarch64")) {
      return new LoadFailure(
          Reason.MISSING,
          "no natives for "
              + platform
              + " on the class path; add the jar striate-bindings with classifier "
              + platform
              + ", or build where CMake and a C++ compiler are");
    }
    return new LoadFailure(
        Reason.UNSUPPORTED_PLATFORM,
        "there are no natives for the platform "
            + platform
            + "; they exist for linux-x86_64 and linux-aarch64 with glibc");
  }

  private List<String> companions() {
    return name.equals(NativeLibrary.ONEDNN) ? ONEDNN_COMPANIONS : List.of();
  }

  /** Whether the loader's sentence means that the file was fine but its folder may not run code. */
  private static boolean forbidsExecution(String reason) {
    return reason.contains("failed to map segment")
        || reason.contains("Operation not permitted")
        || reason.contains("Permission denied");
  }

  private NativeLibrary bind(Path path, SymbolLookup symbols) throws LoadFailure {
    try {
      int version = Functions.abiVersionOf(symbols);
      if (version != Abi.ABI_VERSION) {
        throw new LoadFailure(
            Reason.ABI_MISMATCH,
            path
                + " implements version "
                + version
                + " of striate.h, this Java code needs version "
                + Abi.ABI_VERSION
                + "; rebuild both from the same sources");
      }
      return new NativeLibrary(name, path, symbols);
    } catch (NoSuchElementException e) {
      throw new LoadFailure(
          Reason.MISSING_FUNCTION,
          path + " is not a Striate library of this version: " + e.getMessage());
    }
  }
}
