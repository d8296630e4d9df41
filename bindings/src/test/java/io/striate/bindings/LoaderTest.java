package io.striate.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.bindings.LoadResult.Reason;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way in which loading can go wrong, and that it goes right otherwise. */
class LoaderTest {
  private static final String PLATFORM = Platform.current();

  @TempDir Path temp;
  private Path resources;
  private Path cache;
  private URLClassLoader loader;

  @BeforeEach
  void prepare() throws Exception {
    resources = Files.createDirectories(temp.resolve("resources"));
    cache = temp.resolve("cache");
    loader = new URLClassLoader(new URL[] {resources.toUri().toURL()}, null);
  }

  @AfterEach
  void close() throws Exception {
    loader.close();
  }

  private LoadSettings settings() {
    return new LoadSettings(null, List.of(cache), PLATFORM, loader);
  }

  private Path folder() throws Exception {
    return Files.createDirectories(resources.resolve("io/striate/natives/" + PLATFORM));
  }

  private static String line(Path file) throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    CRC32 crc = new CRC32();
    crc.update(bytes);
    String sum = HexFormat.of().toHexDigits(crc.getValue(), 8);
    return hash + " " + sum + " " + bytes.length + " " + file.getFileName() + "\n";
  }

  /** Puts a fake library and its manifest on the class path of the loader. */
  private Path stage(String... flags) throws Exception {
    Path library = CCompiler.fake(folder(), "striate", flags);
    Files.writeString(folder().resolve("manifest.txt"), line(library));
    return library;
  }

  private LoadResult load() {
    return NativeLibrary.load("striate", settings());
  }

  private static String expect(Reason reason, LoadResult result) {
    LoadResult.Unavailable missing = assertInstanceOf(LoadResult.Unavailable.class, result);
    assertEquals(reason, missing.reason(), missing.message());
    assertTrue(missing.message().length() > 30, missing.message());
    IllegalStateException thrown = assertThrows(IllegalStateException.class, result::orThrow);
    assertEquals(missing.message(), thrown.getMessage());
    return missing.message();
  }

  private static LoadResult.Loaded loaded(LoadResult result) {
    return assertInstanceOf(LoadResult.Loaded.class, result, result.toString());
  }

  private Path cached(Path library) throws Exception {
    return cache.resolve(line(library).substring(0, 64)).resolve(library.getFileName());
  }

  @Test
  void extractsVerifiesAndLoads() throws Exception {
    Path staged = stage();
    LoadResult.Loaded first = loaded(load());
    assertEquals(List.of(), first.warnings());
    assertEquals(cached(staged), first.library().path());
    assertEquals(Abi.ABI_VERSION, first.library().abiVersion());
    assertEquals("x".repeat(3000), first.library().describe());
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)));
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(cached(staged).getParent())));
    // The second time nothing is written.
    var written = Files.getLastModifiedTime(cached(staged));
    loaded(load());
    assertEquals(written, Files.getLastModifiedTime(cached(staged)));
    try (Stream<Path> left = Files.list(cached(staged).getParent())) {
      assertEquals(1, left.count(), "no partial file stays behind");
    }
  }

  @Test
  void missingResource() {
    String message = expect(Reason.MISSING, load());
    assertTrue(message.contains(PLATFORM), message);
  }

  @Test
  void libraryLeftOutOfTheBuild() throws Exception {
    stage();
    String message = expect(Reason.MISSING, NativeLibrary.load(NativeLibrary.ONEDNN, settings()));
    assertTrue(message.contains("oneDNN 3"), message);
  }

  @Test
  void unknownPlatforms() {
    for (String other : List.of("linux-musl-x86_64", "windows-x86_64", "macos-aarch64")) {
      LoadResult result = NativeLibrary.load("striate", settings().withPlatform(other));
      String message = expect(Reason.UNSUPPORTED_PLATFORM, result);
      assertTrue(message.contains(other), message);
    }
  }

  @Test
  void platformNames() {
    assertEquals("linux-x86_64", Platform.name("Linux", "amd64", false));
    assertEquals("linux-musl-x86_64", Platform.name("Linux", "amd64", true));
    assertEquals("macos-aarch64", Platform.name("Mac OS X", "aarch64", false));
    assertEquals("windows-x86_64", Platform.name("Windows 11", "amd64", false));
    assertEquals("freebsd-riscv64", Platform.name("FreeBSD", "riscv64", false));
  }

  @Test
  void corruptResource() throws Exception {
    Path staged = stage();
    byte[] bytes = Files.readAllBytes(staged);
    bytes[bytes.length / 2] ^= 1;
    Files.write(staged, bytes);
    String message = expect(Reason.CORRUPT_RESOURCE, load());
    assertTrue(message.contains("SHA-256"), message);
    Files.write(staged, java.util.Arrays.copyOf(bytes, bytes.length - 100));
    expect(Reason.CORRUPT_RESOURCE, load());
    Files.delete(staged);
    message = expect(Reason.CORRUPT_RESOURCE, load());
    assertTrue(message.contains("missing"), message);
    try (Stream<Path> files = Files.walk(cache)) {
      assertEquals(0, files.filter(Files::isRegularFile).count(), "nothing corrupt is left");
    }
  }

  @Test
  void corruptManifest() throws Exception {
    stage();
    Path manifest = folder().resolve("manifest.txt");
    String good = Files.readString(manifest);
    List<String> wrong =
        List.of(
            "garbage",
            good.substring(1),
            good.replace(" ", "  "),
            good.substring(0, 74) + "-1 x.so",
            "0".repeat(64) + " 00000000 1 ../x.so",
            "0".repeat(64) + " 00000000 1 ..",
            "\0\1\2");
    for (String text : wrong) {
      Files.writeString(manifest, text, StandardCharsets.UTF_8);
      String message = expect(Reason.CORRUPT_RESOURCE, load());
      assertTrue(message.contains("line 1"), message);
    }
  }

  @Test
  void corruptOrForeignCachedFileIsReplaced() throws Exception {
    Path staged = stage();
    Path file = cached(staged);
    Files.createDirectories(file.getParent());
    for (Path folder : List.of(cache, file.getParent())) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
    byte[] good = Files.readAllBytes(staged);
    byte[] flipped = good.clone();
    flipped[100] ^= 4;
    for (byte[] bad :
        List.of(new byte[0], "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8), flipped)) {
      Files.deleteIfExists(
          file); // The copy before is mapped into this process: leave its bytes alone.
      Files.write(file, bad);
      loaded(load());
      assertEquals(-1, Files.mismatch(staged, file));
    }
    // A link to somewhere else counts as foreign even if the bytes are right.
    Files.delete(file);
    Files.createSymbolicLink(file, staged);
    loaded(load());
    assertTrue(Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS));
    // What cannot be replaced is reported.
    Files.delete(file);
    Files.createDirectory(file);
    String message = expect(Reason.NO_CACHE_FOLDER, load());
    assertTrue(message.contains("is a folder where a library should be"), message);
  }

  @Test
  void cacheFolderThatOthersCanWrite() throws Exception {
    stage();
    Files.createDirectory(cache);
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
    String message = expect(Reason.NO_CACHE_FOLDER, load());
    assertTrue(message.contains("other users"), message);
  }

  @Test
  void cacheFolderThatIsALink() throws Exception {
    stage();
    Files.createSymbolicLink(cache, Files.createDirectory(temp.resolve("elsewhere")));
    expect(Reason.NO_CACHE_FOLDER, load());
  }

  @Test
  void cacheFolderOfAnotherUser() throws Exception {
    stage();
    Skip.unless(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "only root can give a folder to another user");
    Files.createDirectory(
        cache, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.setAttribute(cache, "unix:uid", 12345);
    String message = expect(Reason.NO_CACHE_FOLDER, load());
    assertTrue(message.contains("another user"), message);
  }

  /** A folder in which nobody, root included, can create anything. */
  private Path readOnly() throws Exception {
    Path file = temp.resolve("a-file");
    if (!Files.exists(file)) {
      Files.createFile(file);
    }
    return file.resolve("cache");
  }

  @Test
  void readOnlyCacheFolderThenTheNext() throws Exception {
    stage();
    List<Path> unusable =
        Stream.of(readOnly(), Path.of("/proc/striate-cache"))
            .filter(p -> !Files.exists(p))
            .toList();
    LoadResult refused = NativeLibrary.load("striate", settings().withCacheFolders(unusable));
    String message = expect(Reason.NO_CACHE_FOLDER, refused);
    for (Path folder : unusable) {
      assertTrue(message.contains(folder.toString()), message);
    }
    assertTrue(message.contains("STRIATE_CACHE"), message);
    LoadResult.Loaded second =
        loaded(
            NativeLibrary.load("striate", settings().withCacheFolders(List.of(readOnly(), cache))));
    assertEquals(1, second.warnings().size());
    assertTrue(second.warnings().get(0).contains(readOnly().toString()));
    assertTrue(second.library().path().startsWith(cache));
  }

  @Test
  void unwritableCacheFolder() throws Exception {
    stage();
    Skip.unless(
        !Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "root writes into folders without write permission");
    Files.createDirectory(
        cache, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-x------")));
    String message = expect(Reason.NO_CACHE_FOLDER, load());
    assertTrue(message.contains("access denied"), message);
  }

  @Test
  void noexecCacheFolderThenTheNext() throws Exception {
    stage();
    Path noexec = noexecFolder();
    try {
      LoadResult refused =
          NativeLibrary.load("striate", settings().withCacheFolders(List.of(noexec)));
      String message = expect(Reason.NO_CACHE_FOLDER, refused);
      assertTrue(message.contains("noexec"), message);
      LoadResult.Loaded second =
          loaded(
              NativeLibrary.load("striate", settings().withCacheFolders(List.of(noexec, cache))));
      assertEquals(1, second.warnings().size());
      assertTrue(second.warnings().get(0).contains("noexec"));
    } finally {
      try (Stream<Path> files = Files.walk(noexec)) {
        for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static Path noexecFolder() throws Exception {
    Path mounts = Path.of("/proc/mounts");
    Skip.unless(Files.isReadable(mounts), "no /proc/mounts");
    Optional<Path> found =
        Files.readAllLines(mounts).stream()
            .map(line -> line.split(" ", -1))
            .filter(f -> f.length > 3 && List.of(f[3].split(",", -1)).contains("noexec"))
            .filter(f -> f[2].equals("tmpfs"))
            .map(f -> Path.of(f[1]))
            .filter(p -> Files.isDirectory(p) && Files.isWritable(p))
            .findFirst();
    Skip.unless(found.isPresent(), "no writable file system is mounted noexec here");
    try {
      return Files.createTempDirectory(found.orElseThrow(), "striate-test");
    } catch (java.io.IOException e) {
      Skip.unless(false, "the noexec file system takes no folder: " + e);
      throw e;
    }
  }

  @Test
  void otherAbiVersion() throws Exception {
    stage("-DFAKE_ABI=4711");
    String message = expect(Reason.ABI_MISMATCH, load());
    assertTrue(message.contains("4711"), message);
    assertTrue(message.contains("version " + Abi.ABI_VERSION), message);
  }

  @Test
  void missingFunction() throws Exception {
    stage("-DFAKE_INCOMPLETE");
    String message = expect(Reason.MISSING_FUNCTION, load());
    assertTrue(message.contains("striate_kernel_run"), message);
  }

  @Test
  void notALibrary() throws Exception {
    Path file = folder().resolve(System.mapLibraryName("striate"));
    for (byte[] content : List.of(new byte[] {1, 2, 3}, new byte[5000], new byte[0])) {
      Files.write(file, content);
      Files.writeString(folder().resolve("manifest.txt"), line(file));
      String message = expect(Reason.LINK_FAILED, load());
      assertTrue(message.contains(file.getFileName().toString()), message);
    }
  }

  @Test
  void missingDependency() throws Exception {
    Path other = CCompiler.fake(temp.resolve("other"), "fakeother");
    Path staged = stage("-Wl,--no-as-needed", "-L" + other.getParent(), "-lfakeother");
    String message = expect(Reason.LINK_FAILED, load());
    assertTrue(message.contains("libfakeother.so"), message);
    assertTrue(message.contains("No such file"), message);
    assertTrue(Files.exists(staged));
  }

  /** The companions of the oneDNN adapter are opened first, each from its own folder. */
  @Test
  void companionsBesideTheLibrary() throws Exception {
    Path gomp = folder().resolve("libgomp.so.1");
    Path dnnl = folder().resolve("libdnnl.so.3");
    Path built = CCompiler.fake(temp.resolve("b"), "dnnl", "-Wl,-soname,libdnnl.so.3");
    Files.move(built, dnnl);
    Files.move(CCompiler.fake(temp.resolve("b"), "gomp", "-Wl,-soname,libfakegomp.so.1"), gomp);
    Path adapter =
        CCompiler.fake(
            folder(), "striate_onednn", "-Wl,--no-as-needed", "-L" + folder(), "-l:libdnnl.so.3");
    Files.writeString(folder().resolve("manifest.txt"), line(gomp) + line(dnnl) + line(adapter));
    LoadResult.Loaded result = loaded(NativeLibrary.load(NativeLibrary.ONEDNN, settings()));
    assertEquals(cached(adapter), result.library().path());
    assertTrue(Files.exists(cached(gomp)) && Files.exists(cached(dnnl)));
    // A corrupt companion is as bad as a corrupt library.
    byte[] bytes = Files.readAllBytes(dnnl);
    bytes[77] ^= 1;
    Files.write(dnnl, bytes);
    LoadSettings fresh = settings().withCacheFolders(List.of(temp.resolve("fresh")));
    expect(Reason.CORRUPT_RESOURCE, NativeLibrary.load(NativeLibrary.ONEDNN, fresh));
  }

  @Test
  void libraryFolder() throws Exception {
    Path folder = temp.resolve("built");
    Path library = CCompiler.fake(folder, "striate");
    LoadSettings settings = settings().withLibraryFolder(folder);
    assertEquals(library, loaded(NativeLibrary.load("striate", settings)).library().path());
    assertTrue(Files.notExists(cache), "nothing is extracted");
    stage(); // The class path does not stand in for a folder that was named.
    settings = settings().withLibraryFolder(temp.resolve("empty"));
    String message = expect(Reason.MISSING, NativeLibrary.load("striate", settings));
    assertTrue(message.contains("STRIATE_LIBRARY_PATH"), message);
  }

  @Test
  void wrongNamesAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> NativeLibrary.load("../striate", settings()));
  }

  /** In a JVM of its own, because the option counts for the whole process. */
  @Test
  void nativeAccessDenied() throws Exception {
    stage();
    String denied = child("--illegal-native-access=deny");
    assertTrue(denied.contains("NATIVE_ACCESS_DENIED"), denied);
    assertTrue(denied.contains("--enable-native-access=ALL-UNNAMED"), denied);
    String allowed = child("--illegal-native-access=deny", "--enable-native-access=ALL-UNNAMED");
    assertTrue(allowed.startsWith("loaded "), allowed);
    assertNotEquals(denied, allowed);
  }

  private String child(String... options) throws Exception {
    String separator = System.getProperty("path.separator");
    String path = location(NativeLibrary.class) + separator + location(ChildMain.class);
    List<String> command = new java.util.ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(
        List.of(
            "-Dstriate.cache=" + cache,
            "-cp",
            path + separator + resources,
            ChildMain.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output.strip();
  }

  private static String location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  /** Loads under the settings of its process and prints what came of it. */
  static final class ChildMain {
    private ChildMain() {}

    public static void main(String[] arguments) {
      switch (NativeLibrary.load("striate")) {
        case LoadResult.Loaded loaded -> System.out.println("loaded " + loaded.library());
        case LoadResult.Unavailable missing ->
            System.out.println(missing.reason() + ": " + missing.message());
      }
    }
  }
}
