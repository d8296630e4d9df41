package io.striate.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** {@code docs/accuracy.md}: the results of {@link AccuracyReport} as tables. */
final class AccuracyPage {
  private AccuracyPage() {}

  /** The page; {@code name} is that of the results file. */
  static String markdown(Map<String, Object> all, String name) {
    Map<String, Object> machine = Results.object(all, "machine");
    StringBuilder out = new StringBuilder();
    out.append("# Accuracy\n\n")
        .append("Errors of every algorithm against the scalar strategy, whose sums are float64.")
        .append(" Each layer that is a sum of products is computed on its\nreal operands, networks")
        .append(" with seeded weights on seeded images, by every kernel that a provider offers for")
        .append(" it. Max is the largest\ndifference, rms the root of the mean square, both")
        .append(
            " relative to the largest value of the layer's result. The right answer is\nrounded")
        .append(" to float32 as well, so a max of 6.0e-08 is as good as exact.\n\n")
        .append("`STRICT` uses direct algorithms only; the column says which mode allows an")
        .append(
            " algorithm first. Bounds and their sources: [kernels/conv.md](kernels/conv.md).\n\n")
        .append("Made by `./striate accuracy` and `./striate table` from `bench/results/" + name)
        .append("`; measured ")
        .append(Results.text(all, "measured") + " on " + Results.text(machine, "cpu") + ", ")
        .append(Results.text(machine, "isa") + ", commit " + Results.text(all, "commit") + ".\n");
    for (Map<String, Object> row : Results.rows(all, "engines")) {
      out.append("* ").append(Results.text(row, "engine")).append(": ");
      out.append(Results.text(row, "version")).append('\n');
    }
    return out.append('\n').append(tables(all, true)).toString();
  }

  /** The tables; those of single layers only if {@code layers}. */
  static String tables(Map<String, Object> all, boolean layers) {
    List<Map<String, Object>> rows = Results.rows(all, "accuracyOfLayers");
    StringBuilder out = new StringBuilder();
    out.append("## Whole networks\n\nMax (rms) of the outputs.\n\n")
        .append(models(Results.rows(all, "accuracyOfModels")));
    out.append("## Algorithms\n\nThe worst layer of all networks above.\n\n")
        .append(algorithms(rows));
    if (layers) {
      out.append("## Layers\n\nMax (rms); of layers of equal shape the worst.\n\n");
      rows.stream()
          .map(r -> Results.text(r, "model"))
          .distinct()
          .forEach(m -> out.append(layers(m, rows)));
    }
    return out.toString();
  }

  private static Grid models(List<Map<String, Object>> rows) {
    Set<String> columns = new LinkedHashSet<>();
    Map<String, Map<String, String>> lines = new LinkedHashMap<>();
    for (Map<String, Object> r : rows) {
      String column = "`" + Results.text(r, "strategy") + "` " + Results.text(r, "accuracy");
      columns.add(column);
      lines
          .computeIfAbsent(Results.text(r, "model"), k -> new LinkedHashMap<>())
          .put(column, errors(r));
    }
    return grid(List.of("Model"), columns, lines);
  }

  private static Grid algorithms(List<Map<String, Object>> rows) {
    Map<String, Map<String, Object>> worst = new LinkedHashMap<>();
    Map<String, Double> rms = new LinkedHashMap<>();
    Map<String, Integer> layers = new LinkedHashMap<>();
    for (Map<String, Object> r : rows) {
      String algorithm = Results.text(r, "algorithm");
      worst.merge(
          algorithm, r, (a, b) -> Results.number(a, "max") < Results.number(b, "max") ? b : a);
      rms.merge(algorithm, Results.number(r, "rms"), Math::max);
      layers.merge(algorithm, (int) Results.number(r, "layers"), Integer::sum);
    }
    Grid grid =
        new Grid(2, List.of("Algorithm", "From", "Layers", "Worst max", "Worst rms", "Where"));
    worst.forEach(
        (algorithm, r) ->
            grid.add(
                List.of(
                    "`" + algorithm + "`",
                    Results.text(r, "accuracy"),
                    "" + layers.get(algorithm),
                    number(Results.number(r, "max")),
                    number(rms.getOrDefault(algorithm, Double.NaN)),
                    Results.text(r, "model") + ", " + Results.text(r, "layer"))));
    return grid;
  }

  private static String layers(String model, List<Map<String, Object>> all) {
    Set<String> columns = new LinkedHashSet<>();
    Map<String, Map<String, String>> lines = new LinkedHashMap<>();
    for (Map<String, Object> r : all) {
      if (Results.text(r, "model").equals(model)) {
        String column = "`" + Results.text(r, "algorithm") + "`";
        columns.add(column);
        lines
            .computeIfAbsent(Results.text(r, "kind"), k -> new LinkedHashMap<>())
            .put(column, errors(r));
      }
    }
    return "<details><summary>"
        + BarFigures.title(model)
        + "</summary>\n\n"
        + grid(List.of("Layer"), columns, lines)
        + "</details>\n\n";
  }

  private static Grid grid(
      List<String> left, Set<String> columns, Map<String, Map<String, String>> lines) {
    List<String> heads = new ArrayList<>(left);
    heads.addAll(columns);
    Grid grid = new Grid(left.size(), heads);
    lines.forEach(
        (line, cells) -> {
          List<String> row = new ArrayList<>(List.of(BarFigures.title(line)));
          columns.forEach(c -> row.add(cells.getOrDefault(c, "–")));
          grid.add(row);
        });
    return grid;
  }

  private static String errors(Map<String, Object> row) {
    return number(Results.number(row, "max")) + " (" + number(Results.number(row, "rms")) + ")";
  }

  private static String number(double error) {
    return String.format(Locale.ROOT, "%.1e", error);
  }
}
