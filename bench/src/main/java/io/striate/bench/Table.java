package io.striate.bench;

import io.striate.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Makes Markdown tables of what {@link Compare} wrote. Everything measured is shown, losses too.
 */
public final class Table {
  private static final String BEGIN = "<!-- results: begin -->";
  private static final String END = "<!-- results: end -->";
  private static final String USAGE =
      """
      Makes Markdown tables of measured results.

        table [--into FILE] [RESULTS]

      RESULTS is a file that compare wrote; without it the latest of bench/results. With --into the tables replace
      what stands in FILE between <!-- results: begin --> and <!-- results: end -->.
      """;

  private final StringBuilder out = new StringBuilder();

  private Table() {}

  /** {@code --help} lists the options. Exit code 1: the work failed; 2: wrong usage. */
  public static void main(String[] args) {
    List<String> rest = new ArrayList<>(List.of(args));
    if (rest.contains("--help") || rest.contains("-h")) {
      System.out.print(USAGE);
      return;
    }
    int into = rest.indexOf("--into");
    boolean named = into >= 0 && into + 1 < rest.size();
    Path target = Path.of(named ? rest.get(into + 1) : "");
    if (named) {
      rest.subList(into, into + 2).clear();
    }
    if (rest.size() > 1 || rest.stream().anyMatch(a -> a.startsWith("-"))) {
      System.err.print("table: cannot understand " + rest + "\n\n" + USAGE);
      System.exit(2);
    }
    try {
      Path source = rest.isEmpty() ? latest() : Path.of(rest.get(0));
      String tables = markdown(Files.readString(source), String.valueOf(source.getFileName()));
      if (named) {
        Files.writeString(target, replaced(Files.readString(target), tables, target.toString()));
      } else {
        System.out.print(tables);
      }
    } catch (IOException | IllegalArgumentException | IllegalStateException e) {
      System.err.println("table: " + e);
      System.exit(1);
    }
  }

  private static Path latest() throws IOException {
    Path folder = Places.root().resolve("bench/results");
    if (!Files.isDirectory(folder)) {
      throw new IllegalStateException("there are no results yet; ./striate compare makes some");
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.toString().endsWith(".json"))
          .max(Comparator.naturalOrder())
          .orElseThrow(
              () ->
                  new IllegalStateException("bench/results is empty; ./striate compare fills it"));
    }
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
    Table table = new Table();
    Map<String, Json.Value> all = members(Json.parse(json), name);
    table.models(rows(all, "models"));
    table.layers(rows(all, "layers"));
    table.machine(all, name);
    return table.out.toString();
  }

  private void models(List<Map<String, Json.Value>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    Set<String> engines = new LinkedHashSet<>();
    Map<String, Map<String, String>> lines = new LinkedHashMap<>();
    for (Map<String, Json.Value> row : rows) {
      String engine = text(row, "engine");
      engines.add(engine);
      String line =
          text(row, "model") + ", batch " + text(row, "batch") + " | " + text(row, "threads");
      String ratio =
          row.containsKey("ratioOfMedians") && !engine.equals(Engine.PEER)
              ? String.format(
                  Locale.ROOT,
                  " (%.2f×, %.2f×)",
                  number(row, "ratioOfMedians"),
                  number(row, "ratioOfMinima"))
              : "";
      lines
          .computeIfAbsent(line, k -> new LinkedHashMap<>())
          .put(engine, milliseconds(number(row, "medianMs")) + ratio);
    }
    out.append("Milliseconds per run, median; in brackets the multiples of ONNX Runtime's time")
        .append(" (below 1 is faster), of the medians and of the minima.\n\n");
    grid("Model | Threads", engines, lines);
  }

  private void layers(List<Map<String, Json.Value>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    Set<String> engines = new LinkedHashSet<>();
    Map<String, Map<String, String>> lines = new LinkedHashMap<>();
    for (Map<String, Json.Value> row : rows) {
      String engine = text(row, "engine");
      engines.add(engine);
      lines
          .computeIfAbsent(
              text(row, "layer") + " | " + text(row, "kind"), k -> new LinkedHashMap<>())
          .put(
              engine,
              String.format(
                  Locale.ROOT,
                  "%.0f %% (%.0f GFLOP/s)",
                  100 * number(row, "share"),
                  number(row, "gflops")));
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

  private void machine(Map<String, Json.Value> all, String name) {
    Map<String, Json.Value> m = members(required(all, "machine"), "machine");
    out.append(
        String.format(
            Locale.ROOT,
            "Measured %s on %s, %s, %s cores, %s; commit %s; load average before %s. From"
                + " `bench/results/%s`.\n",
            text(all, "measured"),
            text(m, "cpu"),
            text(m, "isa"),
            text(m, "cores"),
            text(m, "jdk"),
            text(all, "commit"),
            text(m, "loadAverageAtStart"),
            name));
    for (Map<String, Json.Value> row : rows(all, "engines")) {
      out.append("* ")
          .append(text(row, "engine"))
          .append(": ")
          .append(text(row, "version"))
          .append('\n');
    }
    for (Map<String, Json.Value> row : rows(all, "leftOut")) {
      out.append("* ")
          .append(text(row, "engine"))
          .append(" was left out: ")
          .append(text(row, "reason"))
          .append('\n');
    }
  }

  private static String milliseconds(double ms) {
    return String.format(Locale.ROOT, ms < 10 ? "%.2f" : ms < 100 ? "%.1f" : "%.0f", ms);
  }

  private static Json.Value required(Map<String, Json.Value> from, String key) {
    Json.Value value = from.get(key);
    if (value == null) {
      throw new IllegalArgumentException(
          "the results have no '" + key + "' here: " + from.keySet());
    }
    return value;
  }

  private static Map<String, Json.Value> members(Json.Value value, String what) {
    if (value instanceof Json.Obj object) {
      return object.members();
    }
    throw new IllegalArgumentException(what + " is no JSON object");
  }

  private static List<Map<String, Json.Value>> rows(Map<String, Json.Value> all, String key) {
    if (required(all, key) instanceof Json.Arr array) {
      return array.values().stream().map(v -> members(v, "a row of '" + key + "'")).toList();
    }
    throw new IllegalArgumentException("'" + key + "' is no JSON array");
  }

  private static String text(Map<String, Json.Value> row, String key) {
    return switch (required(row, key)) {
      case Json.Str s -> s.value().replace("|", "\\|").replace("\n", " ");
      case Json.Num n -> n.text();
      default -> throw new IllegalArgumentException("'" + key + "' is neither text nor number");
    };
  }

  private static double number(Map<String, Json.Value> row, String key) {
    return required(row, key) instanceof Json.Num n ? Double.parseDouble(n.text()) : Double.NaN;
  }
}
