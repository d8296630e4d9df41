import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * Calls CMake for the module {@code bindings} and lays the native libraries out as resources.
 *
 * <p>{@code build} makes the libraries and fills the folder {@code
 * STAGE/io/striate/natives/PLATFORM/}. Beside the libraries lies {@code manifest.txt}, UTF-8, one
 * line per library, sorted by name: SHA-256 in 64 and CRC-32 in 8 lower-case hexadecimal digits,
 * size in bytes, file name, with one space between. Without CMake, a C++20 compiler or oneDNN the
 * part that needs them is left out and one line says so; a compile error in the sources is an
 * error.
 *
 * <p>{@code test} makes the native tests and runs CTest.
 *
 * <p>Run by Maven with {@code key=value} arguments; prints nothing when there was nothing to do.
 */
final class NativeBuild {
  private static final int CMAKE_MAJOR = 3;
  private static final int CMAKE_MINOR = 21;

  private final Path root;
  private final Path buildFolder;
  private final Path stage;
  private final String platform;
  private final Map<String, String> options;

  private NativeBuild(Map<String, String> options) {
    this.options = options;
    this.root = Path.of(required("root"));
    this.buildFolder = Path.of(required("build"));
    this.stage = Path.of(required("stage"));
    this.platform = required("platform");
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, String> options = new TreeMap<>();
    for (String argument : List.of(arguments).subList(1, arguments.length)) {
      int equals = argument.indexOf('=');
      options.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    NativeBuild build = new NativeBuild(options);
    try {
      switch (arguments[0]) {
        case "build" -> build.build();
        case "test" -> build.test();
        default -> throw new Failure("NativeBuild: build or test, not " + arguments[0]);
      }
    } catch (Failure failure) {
      System.err.println(failure.getMessage());
      System.exit(1);
    }
  }

  private void build() throws IOException, InterruptedException {
    Optional<String> missing = whatIsMissing();
    if (missing.isPresent()) {
      delete(stage);
      say("not built, " + missing.get() + "; Striate runs without them");
      return;
    }
    Files.createDirectories(buildFolder);
    if (Files.isRegularFile(cache()) && !Files.readString(cache()).contains("=" + root + "\n")) {
      delete(buildFolder); // The clone was moved; CMake refuses such a folder.
      Files.createDirectories(buildFolder);
    }
    List<String> configure =
        new ArrayList<>(
            List.of("cmake", "-S", root.toString(), "-B", buildFolder.toString(), "-Wno-dev"));
    configure.add("-DCMAKE_BUILD_TYPE=Release");
    if (!Files.isRegularFile(cache()) && onPath("ninja").isPresent()) {
      configure.add("-GNinja");
    }
    Optional<Path> oneDnn = oneDnnJar();
    configure.add("-DSTRIATE_ONEDNN_JAR=" + oneDnn.map(Path::toString).orElse(""));
    configure.add("-DSTRIATE_ONEDNN=" + (option("onednn").equals("off") ? "OFF" : "ON"));
    String log = run("configure.log", configure);
    if (log.contains("nothing to build")) {
      delete(stage);
      say("not built, native/src holds no sources");
      return;
    }
    List<String> make = new ArrayList<>(List.of("cmake", "--build", buildFolder.toString()));
    make.addAll(List.of("--target", "striate_natives", "--parallel", jobs()));
    run("build.log", make);
    Path installed = buildFolder.resolve("install");
    run(
        "install.log",
        List.of(
            "cmake",
            "--install",
            buildFolder.toString(),
            "--component",
            "natives",
            "--prefix",
            installed.toString()));
    List<String> listed = Files.readAllLines(buildFolder.resolve("install_manifest_natives.txt"));
    for (String name : names(installed)) {
      if (listed.stream().noneMatch(file -> file.endsWith("/" + name))) {
        Files.delete(installed.resolve(name)); // From an earlier build with more parts.
      }
    }
    if (stageLibraries(installed)) {
      say("built " + String.join(", ", names(installed)) + " for " + platform);
    }
    Pattern leftOut = Pattern.compile("-- Striate: (.*left out.*)");
    log.lines()
        .map(leftOut::matcher)
        .filter(Matcher::matches)
        .map(line -> line.group(1))
        .filter(line -> !line.startsWith("tests"))
        .forEach(NativeBuild::say);
  }

  private void test() throws IOException, InterruptedException {
    if (!Files.isRegularFile(cache()) || whatIsMissing().isPresent()) {
      return; // build() has said why.
    }
    run(
        "build-tests.log",
        List.of("cmake", "--build", buildFolder.toString(), "--parallel", jobs()));
    String log =
        run(
            "ctest.log",
            List.of(
                "ctest",
                "--test-dir",
                buildFolder.toString(),
                "--output-on-failure",
                "--parallel",
                jobs()));
    String summary =
        log.lines().filter(line -> line.contains("tests passed")).findFirst().orElse("no tests");
    say("CTest: " + summary);
    log.lines().filter(line -> line.contains("***Skipped")).forEach(NativeBuild::say);
  }

  /** Why the natives cannot be built here, or empty when they can. */
  private Optional<String> whatIsMissing() throws IOException, InterruptedException {
    if (option("natives").equals("off")) {
      return Optional.of("switched off by -Dstriate.natives=off");
    }
    if (platform.equals("unsupported")) {
      return Optional.of("this operating system and processor are not supported");
    }
    if (onPath("cmake").isEmpty()) {
      return Optional.of("no cmake on the path");
    }
    Matcher version =
        Pattern.compile("version (\\d+)\\.(\\d+)").matcher(outputOf(List.of("cmake", "--version")));
    if (!version.find()) {
      return Optional.of("cmake on the path does not run");
    }
    int major = Integer.parseInt(version.group(1));
    int minor = Integer.parseInt(version.group(2));
    if (major < CMAKE_MAJOR || (major == CMAKE_MAJOR && minor < CMAKE_MINOR)) {
      return Optional.of(
          "cmake is " + major + "." + minor + ", " + CMAKE_MAJOR + "." + CMAKE_MINOR + " needed");
    }
    if (onPath("ninja").isEmpty() && onPath("make").isEmpty() && onPath("gmake").isEmpty()) {
      return Optional.of("neither ninja nor make on the path");
    }
    if (Files.isRegularFile(cache())) {
      return Optional.empty(); // CMake has already tried the compiler.
    }
    String named = System.getenv("CXX");
    List<String> candidates =
        named == null || named.isBlank() ? List.of("c++", "g++", "clang++") : List.of(named);
    Optional<String> compiler =
        candidates.stream().filter(name -> onPath(name).isPresent()).findFirst();
    if (compiler.isEmpty()) {
      return Optional.of("no C++ compiler on the path (" + String.join(", ", candidates) + ")");
    }
    Path probe = Files.createTempFile("striate", ".cpp");
    try {
      Files.writeString(probe, "#include <bit>\n#include <span>\nint main() {}\n");
      List<String> command =
          List.of(compiler.get(), "-std=c++20", "-fsyntax-only", probe.toString());
      Process process = start(command, null);
      process.getInputStream().readAllBytes();
      if (process.waitFor() != 0) {
        return Optional.of(compiler.get() + " does not compile C++20");
      }
    } finally {
      Files.delete(probe);
    }
    return Optional.empty();
  }

  /**
   * The jar with oneDNN, fetched by Maven into its local repository. Not a dependency of the
   * module: 30 MB that only a machine with CMake and a compiler needs, and whose absence must not
   * stop the build.
   */
  private Optional<Path> oneDnnJar() throws IOException, InterruptedException {
    if (!platform.equals("linux-x86_64")
        || option("onednn").equals("off")
        || names(root.resolve("native/src/onednn")).isEmpty()) {
      return Optional.empty();
    }
    String version = required("onednnVersion");
    String file = "dnnl-" + version + "-" + platform + ".jar";
    Path repository = Path.of(required("repository"));
    Path jar = repository.resolve("org/bytedeco/dnnl").resolve(version).resolve(file);
    if (Files.isRegularFile(jar)) {
      return Optional.of(jar);
    }
    List<String> fetch =
        new ArrayList<>(
            List.of(
                required("maven"),
                "-B",
                "--non-recursive",
                "-Dmaven.repo.local=" + repository,
                "-Dtransitive=false",
                "-Dartifact=org.bytedeco:dnnl:" + version + ":jar:" + platform));
    if (option("offline").equals("true")) {
      fetch.add("--offline");
    }
    fetch.add(required("dependencyPlugin") + ":get");
    Process process = start(fetch, root);
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    Files.writeString(buildFolder.resolve("onednn.log"), log);
    return Files.isRegularFile(jar) ? Optional.of(jar) : Optional.empty();
  }

  /** Makes the stage equal to {@code installed}; true when that changed anything. */
  private boolean stageLibraries(Path installed) throws IOException {
    Path folder = stage.resolve("io/striate/natives").resolve(platform);
    Path manifest = folder.resolve("manifest.txt");
    List<String> names = names(installed);
    boolean same = Files.isRegularFile(manifest);
    for (String name : names) {
      same = same && sameFile(installed.resolve(name), folder.resolve(name));
    }
    same = same && names(folder).size() == names.size() + 1;
    // An older build wrote lines of three words.
    same = same && Files.readAllLines(manifest).stream().allMatch(l -> l.split(" ").length == 4);
    if (same) {
      return false;
    }
    delete(stage);
    Files.createDirectories(folder);
    StringBuilder lines = new StringBuilder();
    for (String name : names) {
      Path library = folder.resolve(name);
      Files.copy(installed.resolve(name), library, StandardCopyOption.COPY_ATTRIBUTES);
      lines.append(sha256(library)).append(' ').append(crc32(library)).append(' ');
      lines.append(Files.size(library));
      lines.append(' ').append(name).append('\n');
    }
    Files.writeString(manifest, lines);
    return true;
  }

  private static boolean sameFile(Path a, Path b) throws IOException {
    if (!Files.isRegularFile(b)) {
      return false;
    }
    BasicFileAttributes one = Files.readAttributes(a, BasicFileAttributes.class);
    BasicFileAttributes other = Files.readAttributes(b, BasicFileAttributes.class);
    return one.size() == other.size()
        && one.lastModifiedTime().toMillis() == other.lastModifiedTime().toMillis();
  }

  private static List<String> names(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
        files.forEach(file -> names.add(file.getFileName().toString()));
      }
    }
    names.sort(Comparator.naturalOrder());
    return names;
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static String crc32(Path file) throws IOException {
    CRC32 crc = new CRC32();
    try (InputStream in = new CheckedInputStream(Files.newInputStream(file), crc)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }
    return HexFormat.of().toHexDigits(crc.getValue(), 8);
  }

  private Path cache() {
    return buildFolder.resolve("CMakeCache.txt");
  }

  private static String jobs() {
    String level = System.getenv("CMAKE_BUILD_PARALLEL_LEVEL");
    return level != null ? level : Integer.toString(Runtime.getRuntime().availableProcessors());
  }

  /** Runs a command with its output in a log file; throws with that output when it fails. */
  private String run(String logName, List<String> command)
      throws IOException, InterruptedException {
    Process process = start(command, root);
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Files.writeString(buildFolder.resolve(logName), log);
    if (process.waitFor() != 0) {
      throw new Failure(log + "natives: failed: " + String.join(" ", command));
    }
    return log;
  }

  private static String outputOf(List<String> command) throws IOException, InterruptedException {
    Process process = start(command, null);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  private static Process start(List<String> command, Path folder) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    if (folder != null) {
      builder.directory(folder.toFile());
    }
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  private static Optional<Path> onPath(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(path.split(java.io.File.pathSeparator))
        .map(folder -> Path.of(folder).resolve(program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private String required(String key) {
    String value = options.get(key);
    if (value == null) {
      throw new IllegalArgumentException("NativeBuild: argument " + key + "= is missing");
    }
    return value;
  }

  private String option(String key) {
    return options.getOrDefault(key, "").toLowerCase(Locale.ROOT);
  }

  private static void say(String line) {
    System.out.println("[natives] " + line);
  }

  /** Ends the program with a message for the user and no stack trace. */
  private static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message);
    }
  }
}
