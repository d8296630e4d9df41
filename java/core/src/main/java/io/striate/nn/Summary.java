package io.striate.nn;

import io.striate.graph.Constant;
import io.striate.graph.Constant.Role;
import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.GlobalPool;
import io.striate.op.Op;
import io.striate.op.PRelu;
import io.striate.op.Unary;
import io.striate.op.ViewOp;
import io.striate.op.Work;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a model consists of, layer by layer, for the batch that its graph was built with.
 *
 * <p>Memory is counted in values of 4 bytes. A layer that works element by element (activations,
 * batch normalisation, constant factors and summands) or only renames elements does so in place and
 * needs none of its own in a forward pass. Training keeps the result of every layer that computes,
 * and its gradient, and the gradient of every parameter; what an optimizer adds is not counted.
 *
 * @param parameters learned values
 * @param states running statistics, which are not learned
 * @param memory values that a forward pass makes, the input included: the sum of the rows'
 * @param trainingMemory values that a training step holds: two for each result and parameter
 * @param macs multiply-adds of a forward pass
 * @param trainingMacs multiply-adds of a forward and a backward pass: each product once more for
 *     the gradient of its weights, and once more for that of its input unless that is the model's
 *     input
 */
public record Summary(
    String title,
    List<Row> rows,
    long parameters,
    long states,
    long memory,
    long trainingMemory,
    long macs,
    long trainingMacs) {

  /**
   * One layer.
   *
   * @param parameters learned values that no earlier layer used
   * @param states running statistics that no earlier layer used
   * @param memory values of the result, 0 if it is made in place
   * @param macs multiply-adds
   * @param receptiveField elements of the input that an element of the result sees, per spatial
   *     axis; empty where that is not defined
   * @param stride distance in the input of what neighbours see, per spatial axis
   */
  public record Row(
      String layer,
      String type,
      Shape output,
      long parameters,
      long states,
      long memory,
      long macs,
      List<Double> receptiveField,
      List<Double> stride) {}

  /** Copies the rows. */
  public Summary {
    rows = List.copyOf(rows);
  }

  /** The summary of a graph. */
  public static Summary of(Graph graph) {
    return new Counter(graph).run();
  }

  /** The row of a layer. */
  public Row row(String layer) {
    return rows.stream()
        .filter(r -> r.layer().equals(layer))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    title
                        + " has no layer '"
                        + layer
                        + "'; it has "
                        + rows.stream().map(Row::layer).toList()));
  }

  /** Walks the graph once. */
  private static final class Counter {
    private final Graph graph;
    private final Map<Value, ReceptiveField> fields;
    private final Set<Value> counted = new HashSet<>();
    private final Set<Value> fromParameters = new HashSet<>();
    private long trainingValues;
    private long trainingMacs;

    Counter(Graph graph) {
      this.graph = graph;
      this.fields = ReceptiveField.of(graph);
    }

    Summary run() {
      Map<String, Row> rows = new LinkedHashMap<>();
      for (Value v : graph.inputs()) {
        trainingValues += v.shape().elements();
        rows.put(v.name(), row(v.name(), "input", v, 0, 0, v.shape().elements(), 0));
      }
      Map<String, String> types = types();
      for (Node n : graph.nodes()) {
        String layer = Layers.of(n);
        Row one = count(n, layer, types.getOrDefault(layer, n.op().type()));
        rows.merge(layer, one, Counter::sum);
      }
      List<Row> all = new ArrayList<>(rows.values());
      long parameters = graph.parameterCount();
      return new Summary(
          graph.name() + (graph.isDynamicBatch() ? " (any batch, shown for 1)" : ""),
          all,
          parameters,
          graph.elements(Role.STATE),
          all.stream().mapToLong(Row::memory).sum(),
          2 * (trainingValues + parameters),
          all.stream().mapToLong(Row::macs).sum(),
          trainingMacs);
    }

    /** A layer of parts is named by its first convolution or product, or else by its last part. */
    private Map<String, String> types() {
      Map<String, String> types = new HashMap<>();
      for (Node n : graph.nodes()) {
        boolean works = Work.macs(n.op(), Value.shapes(n.inputs())) > 0;
        if (works) {
          types.putIfAbsent(Layers.of(n), n.op().type());
        }
      }
      return types;
    }

    private Row count(Node n, String layer, String type) {
      long parameters = 0;
      long states = 0;
      boolean learned = n.inputs().stream().anyMatch(fromParameters::contains);
      boolean grows = learned;
      for (Value v : n.inputs()) {
        Constant c = graph.constants().get(v);
        if (c != null) {
          grows |= c.role() == Role.PARAMETER;
          if (counted.add(v)) {
            parameters += c.role() == Role.PARAMETER ? c.shape().elements() : 0;
            states += c.role() == Role.STATE ? c.shape().elements() : 0;
          }
        }
      }
      if (grows) {
        fromParameters.addAll(n.outputs());
      }
      long macs = Work.macs(n.op(), Value.shapes(n.inputs()));
      trainingMacs += macs * (learned ? 3 : 2);
      long values = n.outputs().stream().mapToLong(v -> v.shape().elements()).sum();
      boolean computes = computes(n.op());
      trainingValues += computes ? values : 0;
      boolean inPlace =
          n.op() instanceof Unary
              || n.op() instanceof PRelu
              || n.op() instanceof BatchNorm
              || combinesWithConstant(n);
      return row(
          layer,
          type,
          n.outputs().get(0),
          parameters,
          states,
          computes && !inPlace ? values : 0,
          macs);
    }

    /** Whether constants are added to a value, or multiply it, that nobody else needs. */
    private boolean combinesWithConstant(Node n) {
      return n.op() instanceof Binary
          && n.inputs().stream().anyMatch(this::isConstant)
          && n.inputs().stream().anyMatch(v -> canBecome(v, n.outputs().get(0).shape()));
    }

    private boolean canBecome(Value v, Shape result) {
      return !isConstant(v)
          && v.shape().equals(result)
          && graph.nodes().stream().filter(m -> m.inputs().contains(v)).count() == 1;
    }

    private boolean isConstant(Value v) {
      return graph.constants().containsKey(v);
    }

    private static boolean computes(Op op) {
      return !(op instanceof ViewOp) || op instanceof GlobalPool;
    }

    private Row row(
        String layer, String type, Value v, long parameters, long states, long memory, long macs) {
      ReceptiveField field = fields.get(v);
      return new Row(
          layer,
          type,
          v.shape(),
          parameters,
          states,
          memory,
          macs,
          field == null ? List.of() : field.size(),
          field == null ? List.of() : field.stride());
    }

    private static Row sum(Row a, Row b) {
      return new Row(
          a.layer(),
          a.type(),
          b.output(),
          a.parameters() + b.parameters(),
          a.states() + b.states(),
          a.memory() + b.memory(),
          a.macs() + b.macs(),
          b.receptiveField(),
          b.stride());
    }
  }

  /** A table for people. */
  @Override
  public String toString() {
    return SummaryTable.of(this);
  }
}
