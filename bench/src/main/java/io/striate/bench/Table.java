package io.striate.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes Markdown tables of what {@link Compare} wrote. Everything measured is shown, losses too.
 */
public final class Table {
  private static final String BEGIN = "<!-- results: begin -->";
  private static final String END = "<!-- results: end -->";
  private static final String USAGE =
      """
      Makes Markdown tables of measured results.

        table                  the README's table and docs/benchmarks.md, of the latest results of bar; and
                               docs/accuracy.md, of the latest results of accuracy
        table --print [FILE]   prints the tables of a results file of bar, compare or accuracy; changes nothing
      """;

  private final StringBuilder out = new StringBuilder();

  private Table() {}

  /** {@code --help} lists the options. Exit code 1: the work failed; 2: wrong usage. */
  public static void main(String[] args) {
    if (Arguments.wantsHelp(args)) {
      System.out.print(USAGE);
      return;
    }
    List<String> words = List.of(args);
    boolean print = words.contains("--print");
    List<String> files = words.stream().filter(w -> !w.equals("--print")).toList();
    if (files.size() > (print ? 1 : 0) || files.stream().anyMatch(f -> f.startsWith("-"))) {
      System.err.print("table: cannot understand " + words + "\n\n" + USAGE);
      System.exit(2);
    }
    try {
      if (print) {
        Path source = files.isEmpty() ? latestBar() : Path.of(files.get(0));
        System.out.print(markdown(Files.readString(source), name(source)));
      } else {
        publish(Places.root());
      }
    } catch (IOException | IllegalArgumentException | IllegalStateException e) {
      System.err.println("table: " + e);
      System.exit(1);
    }
  }

  private static void publish(Path root) throws IOException {
    Optional<Path> accuracy = Results.latest(Results.ACCURACY_ENDING);
    if (accuracy.isPresent()) {
      Path page = root.resolve("docs/accuracy.md");
      String name = name(accuracy.get());
      Files.writeString(page, AccuracyPage.markdown(Results.read(accuracy.get()), name));
      System.out.println("docs/accuracy.md shows " + name);
    }
    Path source = latestBar();
    Map<String, Object> all = Results.read(source);
    Path readme = root.resolve("README.md");
    String table = BarTable.markdown(all, name(source));
    Files.writeString(readme, replaced(Files.readString(readme), table, "README.md"));
    Files.writeString(root.resolve("docs/benchmarks.md"), BarPage.markdown(all, name(source)));
    System.out.println("README.md and docs/benchmarks.md show " + name(source));
  }

  private static Path latestBar() throws IOException {
    return Results.latest(Results.BAR_ENDING)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "bench/results holds no results of the bar yet; ./striate bar makes them"));
  }

  private static String name(Path source) {
    return String.valueOf(source.getFileName());
  }

  static String replaced(String text, String tables, String name) {
    int from = text.indexOf(BEGIN);
    int to = text.indexOf(END);
    if (from < 0 || to < from) {
      throw new IllegalArgumentException(
          name + " has no place for the tables: write " + BEGIN + " and " + END + " there");
    }
    return text.substring(0, from + BEGIN.length()) + "\n" + tables + text.substring(to);
  }

  /** The tables of one results file. */
  static String markdown(String json, String name) {
    Map<String, Object> all = Results.parse(json, name);
    if (all.containsKey("accuracyOfLayers")) {
      return AccuracyPage.markdown(all, name);
    }
    if (all.containsKey("tails")) {
      return BarTable.markdown(all, name) + "\n" + BarPage.markdown(all, name);
    }
    Table table = new Table();
    table.models(Results.rows(all, "models"));
    table.layers(Results.rows(all, "layers"));
    table.machine(all, name);
    return table.out.toString();
  }

  private void models(List<Map<String, Object>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    Set<String> engines = new LinkedHashSet<>();
    Map<String, Map<String, String>> lines = new LinkedHashMap<>();
    for (Map<String, Object> row : rows) {
      String engine = Results.text(row, "engine");
      engines.add(engine);
      String line =
          Results.text(row, "model")
              + ", batch "
              + Results.text(row, "batch")
              + " | "
              + Results.text(row, "threads");
      String ratio =
          row.containsKey("ratioOfMedians") && !engine.equals(Engine.PEER)
              ? String.format(
                  Locale.ROOT,
                  " (%.2f×, %.2f×)",
                  Results.number(row, "ratioOfMedians"),
                  Results.number(row, "ratioOfMinima"))
              : "";
      lines
          .computeIfAbsent(line, k -> new LinkedHashMap<>())
          .put(engine, milliseconds(Results.number(row, "medianMs")) + ratio);
    }
    out.append("Milliseconds per run, median; in brackets the multiples of ONNX Runtime's time")
        .append(" (below 1 is faster), of the medians and of the minima.\n\n");
    grid("Model | Threads", engines, lines);
  }

  private void layers(List<Map<String, Object>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    Set<String> engines = new LinkedHashSet<>();
    Map<String, Map<String, String>> lines = new LinkedHashMap<>();
    for (Map<String, Object> row : rows) {
      String engine = Results.text(row, "engine");
      engines.add(engine);
      lines
          .computeIfAbsent(
              Results.text(row, "layer") + " | " + Results.text(row, "kind"),
              k -> new LinkedHashMap<>())
          .put(
              engine,
              String.format(
                  Locale.ROOT,
                  "%.0f %% (%.0f GFLOP/s)",
                  100 * Results.number(row, "share"),
                  Results.number(row, "gflops")));
    }
    out.append("Share of the measured FMA peak on one thread, median.\n\n");
    grid("Layer | Shape", engines, lines);
  }

  private void grid(String head, Set<String> engines, Map<String, Map<String, String>> lines) {
    out.append("| ").append(head);
    engines.forEach(e -> out.append(" | ").append(e));
    out.append(" |\n|---|---|").append("--:|".repeat(engines.size())).append('\n');
    lines.forEach(
        (line, cells) -> {
          out.append("| ").append(line);
          engines.forEach(e -> out.append(" | ").append(cells.getOrDefault(e, "–")));
          out.append(" |\n");
        });
    out.append('\n');
  }

  private void machine(Map<String, Object> all, String name) {
    Map<String, Object> m = Results.object(all, "machine");
    out.append(
        String.format(
            Locale.ROOT,
            "Measured %s on %s, %s, %s cores, %s; commit %s; load average before %s. From"
                + " `bench/results/%s`.\n",
            Results.text(all, "measured"),
            Results.text(m, "cpu"),
            Results.text(m, "isa"),
            Results.text(m, "cores"),
            Results.text(m, "jdk"),
            Results.text(all, "commit"),
            Results.text(m, "loadAverageAtStart"),
            name));
    for (Map<String, Object> row : Results.rows(all, "engines")) {
      out.append("* ")
          .append(Results.text(row, "engine"))
          .append(": ")
          .append(Results.text(row, "version"))
          .append('\n');
    }
    for (Map<String, Object> row : Results.rows(all, "leftOut")) {
      out.append("* ")
          .append(Results.text(row, "engine"))
          .append(" was left out: ")
          .append(Results.text(row, "reason"))
          .append('\n');
    }
  }

  private static String milliseconds(double ms) {
    return String.format(Locale.ROOT, ms < 10 ? "%.2f" : ms < 100 ? "%.1f" : "%.0f", ms);
  }
}
