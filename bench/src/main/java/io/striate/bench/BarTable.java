package io.striate.bench;

import io.striate.bench.BarFigures.Case;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Map;

/** The README's table: one line per model, speeds relative to ONNX Runtime, losses in bold. */
final class BarTable {
  private record Column(String head, String engine, int batch, int threads) {}

  private static final List<Column> COLUMNS =
      List.of(
          new Column("`cpu`, batch 1", "cpu", 1, 1),
          new Column("batch 8", "cpu", 8, 1),
          new Column("batch 1, two threads", "cpu", 1, 2),
          new Column("batch 8, two threads", "cpu", 8, 2),
          new Column("`vector`, batch 1", "vector", 1, 1),
          new Column("two threads", "vector", 1, 2));

  /** The other peer, where it was measured. */
  private static final Column PYTORCH = new Column("PyTorch", Engine.PYTORCH, 1, 1);

  private BarTable() {}

  /** The table of a results file of {@link Bar}; {@code name} is that of the file. */
  static String markdown(Map<String, Object> all, String name) {
    List<Map<String, Object>> rows = Results.rows(all, "models");
    BarFigures figures = new BarFigures(rows);
    StringBuilder out = new StringBuilder();
    out.append("ONNX Runtime's time over Striate's, medians: 2.00 is twice as fast, **bold** is")
        .append(
            " slower. `cpu` with accuracy DEFAULT / STRICT;\none thread unless it says two.\n\n");
    List<String> heads = new ArrayList<>(List.of("Model", "ONNX Runtime, ms"));
    List<Column> columns = new ArrayList<>(COLUMNS);
    if (rows.stream().anyMatch(r -> Results.text(r, "engine").equals(PYTORCH.engine()))) {
      columns.add(PYTORCH);
      out.insert(out.length() - 2, " The last column: ONNX Runtime's time over PyTorch's.");
    }
    columns.forEach(c -> heads.add(c.head()));
    Grid grid = new Grid(1, heads);
    for (String model : figures.models()) {
      List<String> cells = new ArrayList<>(List.of(BarFigures.title(model)));
      cells.add(
          figures
              .median(new Case(model, 1, 1, Engine.PEER))
              .map(BarFigures::milliseconds)
              .orElse("–"));
      for (Column c : columns) {
        Case one = new Case(model, c.batch(), c.threads(), c.engine());
        String cell = figures.speedCell(one);
        cells.add(
            c.engine().equals("cpu")
                ? cell + " / " + figures.speedCell(one.with("cpu:strict"))
                : cell);
      }
      grid.add(cells);
    }
    out.append(grid);
    out.append(origin(all, rows, name));
    return out.toString();
  }

  /** Where the figures come from, with what a reader must know to judge them. */
  static String origin(Map<String, Object> all, List<Map<String, Object>> rows, String name) {
    Map<String, Object> machine = Results.object(all, "machine");
    int processes =
        rows.stream()
            .filter(r -> Results.number(r, "threads") > 1)
            .mapToInt(r -> (int) Results.number(r, "process"))
            .max()
            .orElse(1);
    double load = rows.stream().mapToDouble(r -> Results.number(r, "loadBefore")).max().orElse(0);
    return String.format(
        Locale.ROOT,
        "Measured from %s on %s, %s, %s cores, %s; commit %s; load average before a part at most"
            + " %.1f. All engines in turns,\neach model, batch and number of threads in a process of"
            + " its own; two threads: the best median of %s, on both sides%s.\nEvery answer is"
            + " checked. From `bench/results/%s`, made by `./striate bar` and `./striate table`.\n",
        Results.text(all, "measured"),
        Results.text(machine, "cpu"),
        Results.text(machine, "isa"),
        Results.text(machine, "cores"),
        Results.text(machine, "jdk"),
        BarFigures.commits(rows),
        load,
        processes == 1 ? "one process" : processes + " processes",
        handOffs(rows),
        name);
  }

  /** How far apart the cores were, the least and the most of parts with several threads. */
  private static String handOffs(List<Map<String, Object>> rows) {
    LongSummaryStatistics nanos =
        rows.stream()
            .filter(r -> Results.number(r, "threads") > 1 && r.containsKey("handOffNanos"))
            .mapToLong(r -> (long) Results.number(r, "handOffNanos"))
            .summaryStatistics();
    return nanos.getCount() == 0
        ? ""
        : " (a round trip between two cores took "
            + nanos.getMin()
            + " to "
            + nanos.getMax()
            + " ns)";
  }
}
