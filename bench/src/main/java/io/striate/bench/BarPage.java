package io.striate.bench;

import io.striate.bench.BarFigures.Case;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** {@code docs/benchmarks.md}: all figures of a results file of {@link Bar}. */
final class BarPage {
  private static final double LAYER_FLOOR = 0.95;
  private static final double IDLE = 1; // percent
  private static final double TAIL_ONE = 1.10;
  private static final double TAIL_TWO = 1.25;
  private static final String ALLOCATED = "javaBytesPerRun";

  private final Map<String, Object> all;
  private final BarFigures figures;
  private final StringBuilder out = new StringBuilder();

  private BarPage(Map<String, Object> all) {
    this.all = all;
    this.figures = new BarFigures(Results.rows(all, "models"));
  }

  /** The page; {@code name} is that of the results file. */
  static String markdown(Map<String, Object> all, String name) {
    BarPage page = new BarPage(all);
    page.out
        .append("# Benchmarks\n\n")
        .append("Made by `./striate table`; [bench/README.md](../bench/README.md) says how it is")
        .append(" measured and how to repeat it.\n\n")
        .append(BarTable.origin(all, Results.rows(all, "models"), name));
    page.engines();
    page.goals();
    page.models();
    page.layers();
    page.tails();
    page.idle();
    return page.out.toString();
  }

  private void engines() {
    for (Map<String, Object> row : Results.rows(all, "engines")) {
      out.append("* ").append(Results.text(row, "engine")).append(": ");
      out.append(Results.text(row, "version")).append('\n');
    }
    for (Map<String, Object> row : Results.rows(all, "leftOut")) {
      out.append("* ").append(Results.text(row, "engine")).append(" was left out: ");
      out.append(Results.text(row, "reason")).append('\n');
    }
    out.append('\n');
  }

  private void goals() {
    Grid grid =
        new Grid(2, List.of("Model", "Engine", "Batch", "Threads", "Speed", "Floor", "Target", ""));
    int floors = 0;
    int targets = 0;
    int asked = 0;
    for (String model : figures.models()) {
      for (Case c : cases(model)) {
        Optional<BarGoals.Range> goal =
            BarGoals.of(model).flatMap(g -> g.goal(c.engine(), c.batch(), c.threads()));
        Optional<Double> speed = figures.speed(c);
        if (goal.isEmpty() || speed.isEmpty()) {
          continue;
        }
        asked++;
        boolean floor = speed.get() >= goal.get().floor();
        boolean target = speed.get() >= goal.get().target();
        floors += floor ? 1 : 0;
        targets += target ? 1 : 0;
        grid.add(
            List.of(
                BarFigures.title(model),
                "`" + c.engine() + "`",
                "" + c.batch(),
                "" + c.threads(),
                BarFigures.speedText(speed.get()),
                two(goal.get().floor()),
                two(goal.get().target()),
                target ? "target met" : floor ? "floor met" : "**below the floor**"));
      }
    }
    if (asked == 0) {
      return;
    }
    out.append("## What is asked and what is reached\n\n");
    out.append("Speed is ONNX Runtime's median over the engine's; bold is slower than ONNX")
        .append(" Runtime. Floors and targets stand in `bench/bar.txt`.\n")
        .append(floors + " of " + asked + " floors and " + targets + " targets are met.\n\n")
        .append(grid);
  }

  private List<Case> cases(String model) {
    return figures.settings(model).stream()
        .flatMap(
            s ->
                figures.engines().stream()
                    .filter(e -> !e.equals(Engine.PEER))
                    .map(s::with)
                    .filter(c -> figures.processes(c) > 0))
        .toList();
  }

  /** Which of Striate's figures allocated anything per inference: none should. */
  private String allocations() {
    List<Case> all = figures.models().stream().flatMap(m -> cases(m).stream()).toList();
    String guilty =
        all.stream()
            .filter(c -> !new Engine(c.engine()).isPeer())
            .filter(c -> figures.most(c, ALLOCATED).orElse(0.0) > 0)
            .map(
                c ->
                    "%s `%s`, batch %d, threads %d"
                        .formatted(BarFigures.title(c.model()), c.engine(), c.batch(), c.threads()))
            .collect(Collectors.joining("; "));
    return guilty.isEmpty()
        ? "No engine of Striate allocated a byte per inference."
        : "**Striate allocated in the steady state:** " + guilty + ".";
  }

  private void models() {
    if (figures.models().isEmpty()) {
      return;
    }
    out.append("## Whole models\n\n")
        .append("Milliseconds per run, the best median of all processes. Scaling is the time with")
        .append(" one thread over that with several. Difference: the largest from the scalar")
        .append(" strategy's answer, relative to the largest value.\n\n")
        .append(allocations())
        .append("\n\n");
    Grid grid =
        new Grid(
            2,
            List.of(
                "Model",
                "Engine",
                "Batch",
                "Threads",
                "Median",
                "Least",
                "p99",
                "Speed",
                "Scaling",
                "GFLOP/s",
                "Of peak",
                "B/run",
                "Difference",
                "Processes"));
    for (String model : figures.models()) {
      for (Case s : figures.settings(model)) {
        figures.engines().stream()
            .map(s::with)
            .filter(c -> figures.processes(c) > 0)
            .forEach(c -> grid.add(modelLine(c)));
      }
    }
    out.append(folded("All figures", grid));
  }

  private List<String> modelLine(Case c) {
    Function<Double, String> ms = BarFigures::milliseconds;
    Optional<Double> rate = figures.most(c, "gflops");
    Optional<Double> share =
        rate.flatMap(r -> figures.most(c, "peakGflops").map(peak -> 100 * r / peak));
    return List.of(
        BarFigures.title(c.model()),
        "`" + c.engine() + "`",
        "" + c.batch(),
        "" + c.threads(),
        cell(figures.median(c), ms),
        cell(figures.least(c, "minMs"), ms),
        cell(figures.least(c, "p99Ms"), ms),
        figures.speedCell(c),
        c.threads() == 1 ? "" : cell(figures.scaling(c), BarPage::two),
        cell(rate, r -> String.format(Locale.ROOT, "%.0f", r)),
        cell(share, s -> String.format(Locale.ROOT, "%.0f %%", s)),
        cell(figures.most(c, ALLOCATED), b -> String.format(Locale.ROOT, "%.0f", b)),
        cell(figures.most(c, "differenceFromScalar"), d -> String.format(Locale.ROOT, "%.1e", d)),
        "" + figures.processes(c));
  }

  private void layers() {
    Map<String, Map<String, Map<String, Object>>> byLayer = new LinkedHashMap<>();
    for (Map<String, Object> row : Results.rows(all, "layers")) {
      byLayer
          .computeIfAbsent(Results.text(row, "layer"), k -> new LinkedHashMap<>())
          .put(Results.text(row, "engine"), row);
    }
    if (byLayer.isEmpty()) {
      return;
    }
    Grid grid =
        new Grid(2, List.of("Layer", "Shape", "oneDNN, µs", "`cpu:strict`", "`cpu`", "Kernel"));
    int below = 0;
    for (var layer : byLayer.entrySet()) {
      Map<String, Map<String, Object>> engines = layer.getValue();
      Map<String, Object> strict = engines.getOrDefault("cpu:strict", Map.of());
      Map<String, Object> own = engines.getOrDefault("cpu", Map.of());
      Map<String, Object> peer = engines.getOrDefault(LayerComparison.PEER, Map.of());
      double direct = Results.number(strict, "speedOverOnednn");
      below += direct < LAYER_FLOOR ? 1 : 0;
      grid.add(
          List.of(
              layer.getKey(),
              Results.text(engines.values().iterator().next(), "kind"),
              String.format(Locale.ROOT, "%.1f", Results.number(peer, "medianUs")),
              layerSpeed(direct),
              layerSpeed(Results.number(own, "speedOverOnednn")),
              own.containsKey("kernel") ? "`" + Results.text(own, "kernel") + "`" : "–"));
    }
    out.append("## Layers beside oneDNN\n\n")
        .append("One thread, with bias and ReLU. Speed is oneDNN's median time over Striate's;")
        .append(" **bold** is below " + two(LAYER_FLOOR) + ", which no layer should be in direct")
        .append(" mode (`cpu:strict`). " + below + " of " + byLayer.size() + " layers are.\n\n");
    out.append(folded("All layers", grid));
  }

  private static String layerSpeed(double speed) {
    if (Double.isNaN(speed)) {
      return "–";
    }
    return speed < LAYER_FLOOR ? "**" + two(speed) + "**" : two(speed);
  }

  private void tails() {
    List<Map<String, Object>> rows = Results.rows(all, "tails");
    if (rows.isEmpty()) {
      return;
    }
    Grid grid =
        new Grid(
            2,
            List.of(
                "Model",
                "Engine",
                "Threads",
                "Runs",
                "Median, ms",
                "p99",
                "p99.9",
                "Longest",
                "p99.9 / median",
                "B/run"));
    for (Map<String, Object> r : rows) {
      double tail = Results.number(r, "tail");
      double limit = Results.number(r, "threads") == 1 ? TAIL_ONE : TAIL_TWO;
      List<String> cells = new ArrayList<>();
      cells.add(BarFigures.title(Results.text(r, "model")));
      cells.add("`" + Results.text(r, "engine") + "`");
      cells.add(Results.text(r, "threads"));
      cells.add(Results.text(r, "runs"));
      for (String key : List.of("medianMs", "p99Ms", "p999Ms", "maxMs")) {
        cells.add(BarFigures.milliseconds(Results.number(r, key)));
      }
      cells.add(tail > limit ? "**" + two(tail) + "**" : two(tail));
      cells.add(String.format(Locale.ROOT, "%.0f", Results.number(r, "javaBytesPerRun")));
      grid.add(cells);
    }
    out.append("## Tails\n\n")
        .append("Batch 1, engines in turns of half a second. **Bold** is above " + two(TAIL_ONE))
        .append(" on one thread and " + two(TAIL_TWO) + " on two. Of fewer than 1000 runs p99.9 is")
        .append(" about the slowest.\n\n")
        .append(folded("All tails", grid));
  }

  private void idle() {
    List<Map<String, Object>> rows = Results.rows(all, "idle");
    if (rows.isEmpty()) {
      return;
    }
    Grid grid = new Grid(2, List.of("Model", "Engine", "Threads", "Idle CPU"));
    for (Map<String, Object> r : rows) {
      double percent = Results.number(r, "idleCpuPercent");
      String text = String.format(Locale.ROOT, "%.2f %%", percent);
      grid.add(
          List.of(
              BarFigures.title(Results.text(r, "model")),
              "`" + Results.text(r, "engine") + "`",
              Results.text(r, "threads"),
              percent < IDLE ? text : "**" + text + "**"));
    }
    out.append("## Idle CPU\n\n")
        .append("Of one core, all threads of the process, in the second that begins ")
        .append(IdleCpu.SETTLE_MILLIS + " ms after the last call; the least of three. **Bold** is")
        .append(" not below " + two(IDLE) + " %.\n\n")
        .append(folded("All figures of idle CPU", grid));
  }

  private static String folded(String title, Grid grid) {
    return "<details><summary>" + title + "</summary>\n\n" + grid + "</details>\n\n";
  }

  private static String cell(Optional<Double> value, Function<Double, String> format) {
    return value.map(format).orElse("–");
  }

  private static String two(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
