package io.striate.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The libraries that this build made, as users get them. */
class BuiltLibrariesTest {
  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(strings = {NativeLibrary.STRIATE, NativeLibrary.ONEDNN})
  void loadsFromTheClassPathAndExportsTheHeader(String name) {
    LoadSettings settings = LoadSettings.current().withCacheFolders(List.of(temp.resolve("cache")));
    LoadResult result = NativeLibrary.load(name, settings);
    Skip.unless(
        !(result instanceof LoadResult.Unavailable missing
            && missing.reason() == LoadResult.Reason.MISSING),
        name + " was not built: " + result);
    NativeLibrary library = result.orThrow(); // The constructor found every function.
    assertEquals(Abi.ABI_VERSION, library.abiVersion());
    assertTrue(library.describe().length() > 5, library.describe());
    try (NativeContext context = library.createContext(Abi.ISA_ANY)) {
      assertTrue(context.isa() >= Abi.ISA_PORTABLE && context.isa() <= Abi.ISA_AVX512);
    }
  }
}
