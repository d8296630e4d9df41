package io.striate.bench;

import io.striate.StriateException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Measures whole models with all engines in turns, and layers of ResNet-50 against the FMA peak,
 * checks every answer, and writes the figures with their machine into {@code bench/results/}.
 */
public final class Compare {
  /**
   * The largest difference from the scalar strategy that an answer may have, relative to its
   * largest value. It tells a wrong answer from rounding; the bounds of single ops are tested
   * elsewhere.
   */
  static final double LARGEST_DIFFERENCE = 1e-3;

  private final CompareOptions options;
  private final List<Map<String, Object>> unavailable = new ArrayList<>();
  private final List<Map<String, Object>> versions = new ArrayList<>();
  private final List<Map<String, Object>> models = new ArrayList<>();
  private final List<Map<String, Object>> layers = new ArrayList<>();

  private Compare(CompareOptions options) {
    this.options = options;
  }

  /** {@code --help} lists the options. Exit code 1: the work failed; 2: wrong usage. */
  public static void main(String[] args) {
    if (Arguments.wantsHelp(args)) {
      System.out.print(CompareOptions.USAGE);
      return;
    }
    CompareOptions options;
    try {
      options = CompareOptions.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("compare: " + e.getMessage() + "\n\n" + CompareOptions.USAGE);
      System.exit(2);
      return;
    }
    try {
      new Compare(options).run();
    } catch (StriateException | IllegalArgumentException | IllegalStateException | IOException e) {
      System.err.println("compare: " + e.getMessage());
      System.exit(1);
    }
  }

  private void run() throws IOException {
    Machine machine = Machine.here();
    if (machine.isBusy()) {
      System.err.printf(
          Locale.ROOT,
          "compare: the load average is %.1f; other work will disturb these figures%n",
          machine.load());
    }
    List<Subject> subjects = new ArrayList<>();
    options.models().forEach(m -> subjects.add(Subject.of(m, options.batch())));
    List<Engine> engines = availableEngines();
    for (Subject subject : subjects) {
      for (int threads : options.threads()) {
        List<Map<String, Object>> rows =
            new ModelComparison(subject, threads, options).run(engines);
        rows.forEach(Compare::print);
        models.addAll(rows);
      }
    }
    List<Engine> forLayers =
        engines.stream().filter(e -> !e.isPeer() && !e.name().equals(Engine.ORACLE)).toList();
    if (!forLayers.isEmpty()) {
      for (LayerShape shape : options.layers()) {
        List<Map<String, Object>> rows = new LayerComparison(options).run(shape, forLayers);
        rows.forEach(Compare::print);
        layers.addAll(rows);
      }
    }
    write(machine);
  }

  private List<Engine> availableEngines() {
    List<Engine> available = new ArrayList<>();
    for (Engine e : options.engines()) {
      Optional<String> reason = e.unavailable();
      if (reason.isPresent()) {
        System.err.println("compare: " + e + " is left out: " + reason.get());
        unavailable.add(ordered("engine", e.name(), "reason", reason.get()));
      } else {
        available.add(e);
        versions.add(ordered("engine", e.name(), "version", e.describe()));
      }
    }
    return available;
  }

  private static Map<String, Object> ordered(String k0, Object v0, String k1, Object v1) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put(k0, v0);
    m.put(k1, v1);
    return m;
  }

  private static void print(Map<String, Object> row) {
    if (row.containsKey("model")) {
      System.out.printf(
          Locale.ROOT,
          "%-24s  %.0f thread(s)  %-12s  median %9.3f ms  min %9.3f ms  %6.2fx  %7.1f GFLOP/s"
              + "  %.0f B/run  differs by %.1e%n",
          row.get("model"),
          Results.number(row, "threads"),
          row.get("engine"),
          Results.number(row, "medianMs"),
          Results.number(row, "minMs"),
          Results.number(row, "ratioOfMedians"),
          Results.number(row, "gflops"),
          Results.number(row, "javaBytesPerRun"),
          Results.number(row, "differenceFromScalar"));
    } else {
      System.out.printf(
          Locale.ROOT,
          "%-28s  %-28s  %-10s  median %8.1f us  min %8.1f us  %5.1f %% of peak, best %5.1f %%"
              + "  %s%n",
          row.get("layer"),
          row.get("kind"),
          row.get("engine"),
          Results.number(row, "medianUs"),
          Results.number(row, "minUs"),
          100 * Results.number(row, "share"),
          100 * Results.number(row, "bestShare"),
          row.get("kernel"));
    }
  }

  private void write(Machine machine) throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("measured", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    all.put("commit", Places.commit());
    all.put("machine", machine.toJson());
    all.put("engines", versions);
    all.put("leftOut", unavailable);
    all.put("models", models);
    all.put("layers", layers);
    Path file =
        options
            .output()
            .orElseGet(
                () ->
                    Places.root()
                        .resolve("bench/results")
                        .resolve(LocalDate.now(ZoneOffset.UTC) + "-cpu.json"));
    Results.write(file, all);
    System.out.println("Written to " + file);
  }
}
