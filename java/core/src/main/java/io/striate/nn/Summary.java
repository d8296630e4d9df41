package io.striate.nn;

import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.op.Work;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What a model consists of, layer by layer, for the batch that its graph was built with. */
public record Summary(String title, List<Row> rows, long parameters, long macs) {

  /**
   * One node.
   *
   * @param parameters elements of constants that no earlier node used
   * @param macs multiply-adds
   */
  public record Row(String layer, String type, Shape output, long parameters, long macs) {}

  /** Copies the rows. */
  public Summary {
    rows = List.copyOf(rows);
  }

  /** The summary of a graph. */
  public static Summary of(Graph graph) {
    List<Row> rows = new ArrayList<>();
    for (Value v : graph.inputs()) {
      rows.add(new Row(v.name(), "input", v.shape(), 0, 0));
    }
    Set<Value> counted = new HashSet<>();
    for (Node n : graph.nodes()) {
      long parameters = 0;
      for (Value v : n.inputs()) {
        if (graph.constants().containsKey(v) && counted.add(v)) {
          parameters += v.shape().elements();
        }
      }
      long macs = Work.macs(n.op(), n.inputs().stream().map(Value::shape).toList());
      rows.add(new Row(n.name(), n.op().type(), n.outputs().get(0).shape(), parameters, macs));
    }
    return new Summary(
        graph.name() + (graph.isDynamicBatch() ? " (any batch, shown for 1)" : ""),
        rows,
        graph.parameterCount(),
        rows.stream().mapToLong(Row::macs).sum());
  }

  /** A table for people. */
  @Override
  public String toString() {
    int layer = Math.max(5, rows.stream().mapToInt(r -> r.layer().length()).max().orElse(5));
    int type = Math.max(4, rows.stream().mapToInt(r -> r.type().length()).max().orElse(4));
    int shape =
        Math.max(6, rows.stream().mapToInt(r -> r.output().toString().length()).max().orElse(6));
    String format = "%-" + layer + "s  %-" + type + "s  %-" + shape + "s  %13s  %12s%n";
    StringBuilder out = new StringBuilder(title).append(System.lineSeparator());
    out.append(String.format(Locale.ROOT, format, "layer", "type", "output", "parameters", "MMAC"));
    for (Row r : rows) {
      out.append(
          String.format(
              Locale.ROOT,
              format,
              r.layer(),
              r.type(),
              r.output(),
              String.format(Locale.ROOT, "%,d", r.parameters()),
              String.format(Locale.ROOT, "%.3f", r.macs() / 1e6)));
    }
    return out.append(
            String.format(
                Locale.ROOT,
                "%,d parameters (%.2f MiB as f32), %.1f million multiply-adds%n",
                parameters,
                parameters * 4 / 1048576.0,
                macs / 1e6))
        .toString();
  }
}
