package io.striate;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs the main method of a test class in a JVM of its own. */
public final class ChildJvm {
  private ChildJvm() {}

  /** Exit code, and what was printed to either stream. */
  public record Result(int code, String output) {}

  /** Runs it with these JVM flags and no arguments. */
  public static Result run(Class<?> main, String... flags) throws Exception {
    return run(main, List.of(flags), List.of());
  }

  /** Runs it with these JVM flags and arguments. */
  public static Result run(Class<?> main, List<String> flags, List<String> arguments)
      throws Exception {
    return run(List.of(), main, flags, arguments);
  }

  /** The same by a program that runs the command which follows its own arguments. */
  public static Result run(
      List<String> starter, Class<?> main, List<String> flags, List<String> arguments)
      throws Exception {
    List<String> command = new ArrayList<>(starter);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.add("-cp");
    command.add(classPath(main));
    command.add(main.getName());
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  /** In a modular run the tests are patched into the module, so their place is added. */
  private static String classPath(Class<?> main) throws URISyntaxException {
    return String.join(
        File.pathSeparator,
        root(main),
        root(StriateException.class),
        System.getProperty("jdk.module.path", ""),
        System.getProperty("java.class.path", ""));
  }

  /** The folder or archive that a class was loaded from. */
  private static String root(Class<?> type) throws URISyntaxException {
    Path folder = Path.of(type.getResource(type.getSimpleName() + ".class").toURI()).getParent();
    String up = "../".repeat(type.getPackageName().split("\\.", -1).length);
    return folder.resolve(up).normalize().toString();
  }
}
