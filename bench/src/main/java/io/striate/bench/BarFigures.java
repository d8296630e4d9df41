package io.striate.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@link Bar} measured of whole models. Of several processes the best median counts, for each
 * engine its own; a speed is ONNX Runtime's time over the engine's, so above 1 is faster.
 */
final class BarFigures {
  /** One figure: a model run by an engine. */
  record Case(String model, int batch, int threads, String engine) {
    Case with(String other) {
      return new Case(model, batch, threads, other);
    }
  }

  private final Map<Case, List<Map<String, Object>>> rows = new LinkedHashMap<>();

  BarFigures(List<Map<String, Object>> all) {
    for (Map<String, Object> r : all) {
      rows.computeIfAbsent(
              new Case(
                  Results.text(r, "model"),
                  (int) Results.number(r, "batch"),
                  (int) Results.number(r, "threads"),
                  Results.text(r, "engine")),
              k -> new ArrayList<>())
          .add(r);
    }
  }

  /** Models in the order of {@code bench/bar.txt}, then the others. */
  List<String> models() {
    return Stream.concat(
            BarGoals.all().stream().map(BarGoals::model), rows.keySet().stream().map(Case::model))
        .distinct()
        .filter(m -> rows.keySet().stream().anyMatch(c -> c.model().equals(m)))
        .toList();
  }

  /** What people call a model. */
  static String title(String model) {
    return BarGoals.of(model).map(BarGoals::title).orElse(model);
  }

  /** Engines in the order in which they were measured. */
  List<String> engines() {
    return rows.keySet().stream().map(Case::engine).distinct().toList();
  }

  /** Batches and threads that were measured of a model, in ascending order. */
  List<Case> settings(String model) {
    return rows.keySet().stream()
        .filter(c -> c.model().equals(model))
        .map(c -> c.with(Engine.PEER))
        .distinct()
        .sorted(
            (a, b) ->
                a.batch() != b.batch()
                    ? Integer.compare(a.batch(), b.batch())
                    : Integer.compare(a.threads(), b.threads()))
        .toList();
  }

  /** Number of processes that measured it. */
  int processes(Case c) {
    return rows.getOrDefault(c, List.of()).size();
  }

  /** The least value of all processes, or empty if it was not measured. */
  Optional<Double> least(Case c, String key) {
    return rows.getOrDefault(c, List.of()).stream()
        .map(r -> Results.number(r, key))
        .filter(d -> !d.isNaN())
        .min(Double::compare);
  }

  /** The largest value of all processes, or empty if it was not measured. */
  Optional<Double> most(Case c, String key) {
    return rows.getOrDefault(c, List.of()).stream()
        .map(r -> Results.number(r, key))
        .filter(d -> !d.isNaN())
        .max(Double::compare);
  }

  /** The best median in milliseconds. */
  Optional<Double> median(Case c) {
    return least(c, "medianMs");
  }

  /** ONNX Runtime's best median over this one's. */
  Optional<Double> speed(Case c) {
    return median(c).flatMap(own -> median(c.with(Engine.PEER)).map(peer -> peer / own));
  }

  /** How much faster so many threads are than one. */
  Optional<Double> scaling(Case c) {
    return median(c)
        .flatMap(
            many -> median(new Case(c.model(), c.batch(), 1, c.engine())).map(one -> one / many));
  }

  /** The speed for a cell; losses in bold. */
  String speedCell(Case c) {
    return speed(c).map(BarFigures::speedText).orElse("–");
  }

  static String speedText(double speed) {
    String text = String.format(Locale.ROOT, "%.2f", speed);
    return Double.parseDouble(text) < 1 ? "**" + text + "**" : text;
  }

  static String milliseconds(double ms) {
    return String.format(
        Locale.ROOT, ms < 1 ? "%.4f" : ms < 10 ? "%.2f" : ms < 100 ? "%.1f" : "%.0f", ms);
  }

  /** The commits that the rows were measured at. */
  static String commits(List<Map<String, Object>> rows) {
    return rows.stream()
        .map(r -> Results.text(r, "commit"))
        .distinct()
        .collect(Collectors.joining(", "));
  }
}
