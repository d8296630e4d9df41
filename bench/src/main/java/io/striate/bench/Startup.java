package io.striate.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Milliseconds from the start of a process to its first right answer, of SqueezeNet on a
 * photograph: the {@code striate} command, a program that embeds Striate, and the same program with
 * ONNX Runtime, each of the latter two also with a cache of what it loads and links ({@code
 * -XX:AOTCache}). Neither needs the Vector API's module, whose presence would cost the JVM half of
 * what such a cache gains. Processes of all kinds take turns.
 */
public final class Startup {
  private static final String USAGE =
      """
      Measures the time from the start of a process to its first right answer, processes of all kinds in turns.

        startup [--rounds N] [--threads N]

        --rounds N    processes of each kind (9)
        --threads N   threads of a run (2)

      Needs squeezenet1.1.onnx and the goldfish of the data folder (STRIATE_DATA, default ../shared).
      """;

  private static final String ONE_NUMBER = "  1  ";

  private final Path folder;
  private final int threads;
  private final Path model = Places.data().resolve("models/squeezenet1.1.onnx");
  private final Path picture = Places.data().resolve("data/images/n01443537_goldfish.jpg");

  private Startup(Path folder, int threads) {
    this.folder = folder;
    this.threads = threads;
  }

  /** {@code --help} lists the options. Exit code 1: the work failed; 2: wrong usage. */
  public static void main(String[] args) {
    int rounds = 9;
    int threads = 2;
    for (int i = 0; i < args.length; i++) {
      boolean known = args[i].equals("--rounds") || args[i].equals("--threads");
      if (!known || i + 1 == args.length || !args[i + 1].matches("[1-9][0-9]{0,3}")) {
        boolean help = args[i].equals("--help") || args[i].equals("-h");
        (help ? System.out : System.err)
            .print(help ? USAGE : "startup: cannot understand " + args[i] + "\n\n" + USAGE);
        System.exit(help ? 0 : 2);
      }
      int value = Integer.parseInt(args[++i]);
      if (args[i - 1].equals("--rounds")) {
        rounds = value;
      } else {
        threads = value;
      }
    }
    try {
      Path folder = Files.createTempDirectory("striate-startup");
      try {
        new Startup(folder, threads).run(rounds);
      } finally {
        try (var files = Files.list(folder)) {
          for (Path file : files.toList()) {
            Files.delete(file);
          }
        }
        Files.delete(folder);
      }
    } catch (IOException | IllegalStateException e) {
      System.err.println("startup: " + e.getMessage());
      System.exit(1);
    }
  }

  private void run(int rounds) throws IOException {
    for (Path needed : List.of(model, picture)) {
      if (!Files.isReadable(needed)) {
        throw new IllegalStateException(
            "there is no " + needed + "; set STRIATE_DATA to the folder with models and data");
      }
    }
    Map<String, List<String>> commands = new LinkedHashMap<>();
    commands.put("./striate classify", launcher());
    for (String engine : List.of("cpu", "onnxruntime")) {
      String name = engine.equals("cpu") ? "Striate" : "ONNX Runtime";
      commands.put(name + " embedded", embedded(engine, List.of()));
      commands.put(name + " embedded, AOT cache", embedded(engine, List.of(cache(engine))));
    }
    Map<String, double[]> millis = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> c : commands.entrySet()) {
      answer(c.getValue()); // files come into the page cache, and the launcher builds its archive
      millis.put(c.getKey(), new double[rounds]);
    }
    List<String> order = new ArrayList<>(commands.keySet());
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < order.size(); i++) {
        String name = order.get((i + round) % order.size());
        get(millis, name)[round] = answer(get(commands, name));
      }
    }
    System.out.printf(
        Locale.ROOT,
        "Milliseconds to the first right answer, %d processes each in turns, %d thread%s%n",
        rounds,
        threads,
        threads == 1 ? "" : "s");
    System.out.printf(Locale.ROOT, "%-32s  %8s  %8s%n", "", "median", "least");
    millis.forEach(
        (name, values) -> {
          Arrays.sort(values);
          System.out.printf(
              Locale.ROOT, "%-32s  %8.0f  %8.0f%n", name, values[values.length / 2], values[0]);
        });
  }

  private static <T> T get(Map<String, T> map, String name) {
    return java.util.Objects.requireNonNull(map.get(name));
  }

  private List<String> launcher() {
    return List.of(
        Places.root().resolve("striate").toString(),
        "classify",
        model.toString(),
        picture.toString(),
        "--strategy",
        "cpu",
        "--threads",
        Integer.toString(threads));
  }

  private List<String> embedded(String engine, List<String> options) {
    List<String> command = new ArrayList<>(java(options));
    command.addAll(
        List.of(
            FirstAnswer.class.getName(),
            engine,
            model.toString(),
            picture.toString(),
            Integer.toString(threads)));
    return command;
  }

  /**
   * Of this JVM, with archives instead of folders on the class path, as class data sharing asks.
   */
  private static List<String> java(List<String> options) {
    Path target = Places.root().resolve("bench/target");
    List<String> jars = new ArrayList<>();
    for (Path at : list(target, "striate-bench-", ".jar")) {
      jars.add(at.toString());
    }
    for (Path at : list(Places.root().resolve("bindings/target"), "striate-bindings-", ".jar")) {
      if (at.toString().contains("-linux-")) {
        jars.add(at.toString()); // the natives: not behind the jars that only other programs need
      }
    }
    Arrays.stream(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
        .filter(p -> p.endsWith(".jar"))
        .forEach(jars::add);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--class-path",
            String.join(java.io.File.pathSeparator, jars),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC"));
    command.addAll(options);
    return command;
  }

  private static List<Path> list(Path folder, String begin, String end) {
    try (var files = Files.list(folder)) {
      return files
          .filter(
              f -> String.valueOf(f.getFileName()).startsWith(begin) && f.toString().endsWith(end))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException("cannot list " + folder + ": " + e.getMessage(), e);
    }
  }

  /** Makes a cache of what an engine's program loads and links; the option that uses it. */
  private String cache(String engine) throws IOException {
    Path cache = folder.resolve(engine + ".aot");
    answer(embedded(engine, List.of("-XX:AOTCacheOutput=" + cache)));
    if (!Files.exists(cache)) {
      throw new IllegalStateException("the JVM wrote no " + cache);
    }
    return "-XX:AOTCache=" + cache;
  }

  private static Process start(List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .start();
  }

  private static String finish(Process process, String what) throws IOException {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(what + " failed: " + text);
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return text;
  }

  /** Milliseconds until the process has printed the right class. */
  private static double answer(List<String> command) throws IOException {
    long begin = System.nanoTime();
    Process process = start(command);
    List<String> lines = new ArrayList<>();
    double millis = -1;
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      lines.add(line);
      boolean right = line.equals(FirstAnswer.MARK + 1) || line.contains(ONE_NUMBER);
      if (right && millis < 0) {
        millis = (System.nanoTime() - begin) / 1e6;
      }
    }
    finish(process, String.join(" ", command));
    if (millis < 0) {
      throw new IllegalStateException(
          "the goldfish was not recognised: "
              + lines.stream().collect(Collectors.joining("; "))
              + " from "
              + String.join(" ", command));
    }
    return millis;
  }
}
