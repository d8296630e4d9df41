package io.striate.bindings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Compiles C in tests; a test that needs it is skipped, with the reason, where there is none. */
final class CCompiler {
  private CCompiler() {}

  static Path root() {
    Path root = Path.of(System.getProperty("striate.root", "..")).toAbsolutePath().normalize();
    if (!Files.isRegularFile(root.resolve("native/include/striate/striate.h"))) {
      throw new IllegalStateException("no striate.h below " + root + "; set -Dstriate.root");
    }
    return root;
  }

  static Path header() {
    return root().resolve("native/include/striate/striate.h");
  }

  private static String compiler() {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String name : List.of("cc", "gcc", "clang")) {
      boolean found =
          Stream.of(path.split(":", -1)).anyMatch(dir -> Files.isExecutable(Path.of(dir, name)));
      if (found) {
        return name;
      }
    }
    Skip.unless(false, "no C compiler (cc, gcc, clang) on the path");
    throw new AssertionError();
  }

  /** Runs the compiler; returns its output, empty when it had nothing to say. */
  static String run(Path folder, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(compiler(), "-std=c11", "-Wall", "-Wextra"));
    command.add("-I" + root().resolve("native/include"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    return status == 0 ? output : output + "\nexit status " + status;
  }

  /** Builds the fake library as {@code folder/lib<name>.so}. */
  static Path fake(Path folder, String name, String... flags)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Path source = root().resolve("bindings/src/test/c/fake_striate.c");
    Path library = folder.resolve(System.mapLibraryName(name));
    List<String> arguments = new ArrayList<>(List.of("-shared", "-fPIC", "-fvisibility=hidden"));
    arguments.add(source.toString());
    arguments.addAll(List.of(flags));
    arguments.addAll(List.of("-o", library.toString()));
    String output = run(folder, arguments.toArray(String[]::new));
    if (!output.isEmpty()) {
      throw new IllegalStateException(output);
    }
    return library;
  }
}
