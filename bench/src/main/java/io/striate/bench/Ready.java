package io.striate.bench;

import io.striate.StriateException;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.nn.Model;
import io.striate.onnx.OnnxExporter;
import io.striate.onnx.OnnxModel;
import io.striate.zoo.Zoo;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Milliseconds from a safetensors file to a compiled model, in a JVM that is up: reading the file
 * and compiling, without a cache of packed weights and with one that has them; and the same from an
 * ONNX file, whose operators are read too. All take turns in one process; the first round of each
 * is shown apart, since the JVM knows none of the code then. Every model answers a run in the end,
 * and all answers must be equal.
 */
public final class Ready {
  private static final String USAGE =
      """
      Measures the time from a safetensors or an ONNX file to a compiled model, in a JVM that is up, and the
      memory of a JVM that does this once.

        ready [--model NAME] [--strategy NAME] [--rounds N] [--threads N]

        --model NAME     of ./striate zoo (resnet50)
        --strategy NAME  (cpu)
        --rounds N       (15)
        --threads N      of the compiled model (2)
        --once FILE      only loads this .safetensors or .onnx file, compiles and runs it, and prints the
                         memory of the process (Linux)
      """;

  private String name = "resnet50";
  private String strategy = "cpu";
  private int rounds = 15;
  private int threads = 2;
  private Optional<Path> once = Optional.empty();

  private Ready(Arguments rest) {
    while (rest.hasNext()) {
      String word = rest.next();
      switch (word) {
        case "--model" -> name = rest.next();
        case "--strategy" -> strategy = rest.next();
        case "--rounds" -> rounds = rest.atLeast(2);
        case "--threads" -> threads = rest.atLeast(1);
        case "--once" -> once = Optional.of(Path.of(rest.next()));
        default -> throw new IllegalArgumentException("there is no option " + word);
      }
    }
  }

  /** {@code --help} lists the options. Exit code 1: the work failed; 2: wrong usage. */
  public static void main(String[] args) {
    if (Arguments.wantsHelp(args)) {
      System.out.print(USAGE);
      return;
    }
    Ready ready;
    try {
      ready = new Ready(new Arguments(args));
    } catch (IllegalArgumentException e) {
      System.err.println("ready: " + e.getMessage() + "\n\n" + USAGE);
      System.exit(2);
      return;
    }
    try {
      if (ready.once.isPresent()) {
        ready.runOnce(ready.once.get());
        return;
      }
      Path folder = Files.createTempDirectory("striate-ready");
      try {
        ready.run(folder);
      } finally {
        try (var files = Files.walk(folder)) {
          for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    } catch (StriateException | IllegalArgumentException | IllegalStateException | IOException e) {
      System.err.println("ready: " + e.getMessage());
      System.exit(1);
    }
  }

  /** Reads a model from its file. */
  @FunctionalInterface
  private interface Reader {
    Model read() throws IOException;
  }

  /** One way to a compiled model: the parts' milliseconds of every round. */
  private static final class Way {
    final Reader reader;
    final Options options;
    final double[] load;
    final double[] compile;
    final double[] first;

    Way(Reader reader, Options options, int rounds) {
      this.reader = reader;
      this.options = options;
      load = new double[rounds];
      compile = new double[rounds];
      first = new double[rounds];
    }

    double[] ready() {
      double[] sum = new double[load.length];
      Arrays.setAll(sum, i -> load[i] + compile[i]);
      return sum;
    }
  }

  private void run(Path folder) throws IOException {
    Path file = folder.resolve(name + ".safetensors");
    Model architecture = Zoo.seeded(name, 1);
    architecture.saveWeights(file);
    Options plain = Options.defaults().strategy(strategy).threads(threads);
    Options cached = plain.weightCache(folder.resolve("weights"));
    architecture.compile(cached).close(); // fills the cache
    Map<String, Way> ways = new LinkedHashMap<>();
    Reader safetensors = () -> architecture.loadWeights(file);
    ways.put("from the file", new Way(safetensors, plain, rounds));
    ways.put("packed weights cached", new Way(safetensors, cached, rounds));
    Path onnx = folder.resolve(name + ".onnx");
    OnnxExporter.write(architecture, onnx);
    ways.put("from an ONNX file", new Way(() -> OnnxModel.load(onnx), plain, rounds));
    float[] expected = {};
    for (int round = 0; round < rounds; round++) {
      for (Way way : ways.values()) {
        float[] answer = once(way, round);
        if (expected.length > 0 && !Arrays.equals(expected, answer)) {
          throw new IllegalStateException("the models of two rounds answer differently");
        }
        expected = answer;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "Milliseconds from safetensors (%.1f MB) to a compiled model: %s, strategy %s, %d"
            + " thread(s), %d rounds%n",
        Files.size(file) / 1e6,
        name,
        strategy,
        threads,
        rounds);
    System.out.printf(
        Locale.ROOT, "%-30s  %8s  %8s  %8s  %8s%n", "", "first", "median", "least", "most");
    ways.forEach(
        (what, way) -> {
          print(what, way.ready());
          print("  reading the file", way.load);
          print("  compiling", way.compile);
          print("first run after it", way.first);
        });
    System.out.printf("%n%-30s  %8s  %8s%n", "MB of a JVM that does it once", "most", "at rest");
    inAnotherProcess(file);
    inAnotherProcess(onnx);
  }

  private Model read(Path file) throws IOException {
    return file.toString().endsWith(".onnx")
        ? OnnxModel.load(file)
        : Zoo.seeded(name, 1).loadWeights(file);
  }

  private void runOnce(Path file) throws IOException {
    Model model = read(file);
    try (CompiledModel compiled =
            model.compile(Options.defaults().strategy(strategy).threads(threads));
        Execution run = compiled.newExecution()) {
      run.run();
      System.gc();
      System.out.printf(
          Locale.ROOT,
          "%-30s  %8.0f  %8.0f%n",
          file.getFileName(),
          megabytes("VmHWM"),
          megabytes("VmRSS"));
    } finally {
      Reference.reachabilityFence(model); // as in a service that keeps it
    }
  }

  private static double megabytes(String entry) throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return Double.NaN; // not Linux
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(l -> l.startsWith(entry + ":"))
          .mapToDouble(l -> Double.parseDouble(l.replaceAll("[^0-9]", "")) * 1024 / 1e6)
          .findFirst()
          .orElse(Double.NaN);
    }
  }

  /** The same once in a process of its own, which prints a line. */
  private void inAnotherProcess(Path file) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-modules=jdk.incubator.vector");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("--class-path", System.getProperty("java.class.path")));
    command.addAll(List.of(Ready.class.getName(), "--once", file.toString(), "--model", name));
    command.addAll(List.of("--strategy", strategy, "--threads", Integer.toString(threads)));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException("the process for " + file + " failed");
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static float[] once(Way way, int round) throws IOException {
    long start = System.nanoTime();
    Model model = way.reader.read();
    long loaded = System.nanoTime();
    try (CompiledModel compiled = model.compile(way.options)) {
      long ready = System.nanoTime();
      way.load[round] = (loaded - start) / 1e6;
      way.compile[round] = (ready - loaded) / 1e6;
      try (Execution run = compiled.newExecution()) {
        run.run();
        way.first[round] = (System.nanoTime() - ready) / 1e6;
        return run.output().toArray();
      }
    }
  }

  private static void print(String what, double[] millis) {
    double first = millis[0];
    double[] rest = Arrays.copyOfRange(millis, 1, millis.length);
    Arrays.sort(rest);
    System.out.printf(
        Locale.ROOT,
        "%-30s  %8.1f  %8.1f  %8.1f  %8.1f%n",
        what,
        first,
        rest[rest.length / 2],
        rest[0],
        rest[rest.length - 1]);
  }
}
