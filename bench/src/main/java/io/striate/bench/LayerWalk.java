package io.striate.bench;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Passes;
import io.striate.graph.Value;
import io.striate.op.KernelOp;
import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Goes through the nodes of a network, as they are after all passes, computes each with the scalar
 * strategy and shows it with its real operands.
 */
final class LayerWalk {
  /** Sees a node that providers have kernels for, its operands and its right result. */
  interface Visitor {
    /** {@code constant} says of each operand whether it is a constant of the network. */
    void visit(
        Node node, KernelOp op, List<Tensor> operands, List<Boolean> constant, float[] right);
  }

  private static final Options SCALAR = Options.defaults().strategy(Engine.ORACLE).optimize(false);

  private final Graph graph;
  private final Map<Value, Tensor> values = new HashMap<>();
  private final Map<Value, Integer> readers = new HashMap<>();

  private LayerWalk(Graph graph) {
    this.graph = graph;
    graph.nodes().forEach(n -> n.inputs().forEach(v -> readers.merge(v, 1, Integer::sum)));
  }

  /** Walks through the subject's network on its inputs. */
  static void walk(Subject subject, Visitor visitor) {
    LayerWalk walk = new LayerWalk(optimized(subject));
    Map<String, float[]> inputs = subject.inputs();
    for (Value v : walk.graph.inputs()) {
      float[] given = inputs.getOrDefault(v.name(), new float[Subject.elements(v.shape())]);
      walk.values.put(v, Tensor.of(v.shape(), given));
    }
    walk.graph.constants().forEach((v, c) -> walk.values.put(v, c.data()));
    walk.graph.nodes().forEach(n -> walk.step(n, visitor));
  }

  /** The subject's graph after all passes. */
  static Graph optimized(Subject subject) {
    return Passes.optimize(subject.graph(), LayerWalk::results);
  }

  private void step(Node node, Visitor visitor) {
    List<Tensor> operands = node.inputs().stream().map(this::value).toList();
    List<Boolean> constant =
        node.inputs().stream().map(v -> graph.constants().containsKey(v)).toList();
    List<Tensor> results = compute(node);
    for (int i = 0; i < results.size(); i++) {
      values.put(node.outputs().get(i), results.get(i));
    }
    if (node.op() instanceof KernelOp op) {
      visitor.visit(node, op, operands, constant, results.get(0).toArray());
    }
    for (Value v : node.inputs()) {
      if (readers.merge(v, -1, Integer::sum) == 0) {
        values.remove(v);
      }
    }
  }

  private Tensor value(Value v) {
    Tensor t = values.get(v);
    if (t == null) {
      throw new IllegalStateException("value " + v + " is read before it is computed");
    }
    return t;
  }

  /** The node alone, by the scalar strategy. */
  private List<Tensor> compute(Node node) {
    Graph.Builder one = Graph.builder(node.name());
    Map<Value, Value> inside = new HashMap<>();
    Map<String, Tensor> given = new HashMap<>();
    List<Value> operands = new ArrayList<>();
    for (Value v : node.inputs()) {
      boolean known = inside.containsKey(v);
      if (!known && graph.constants().containsKey(v)) {
        inside.put(v, one.constant(v.name(), value(v)));
      } else if (!known) {
        inside.put(v, one.input(v.name(), v.shape()));
        given.put(v.name(), value(v));
      }
      operands.add(java.util.Objects.requireNonNull(inside.get(v)));
    }
    List<Value> outputs =
        one.addNamed(
            node.name(), node.op(), operands, node.outputs().stream().map(Value::name).toList());
    outputs.forEach(one::output);
    return results(one.build(), given);
  }

  /** The outputs of a graph without inputs. */
  private static List<Tensor> results(Graph graph) {
    return results(graph, Map.of());
  }

  private static List<Tensor> results(Graph graph, Map<String, Tensor> inputs) {
    try (CompiledModel model = CompiledModel.compile(graph, SCALAR);
        Execution run = model.newExecution()) {
      inputs.forEach((name, t) -> run.input(name).copyFrom(t.toArray()));
      run.run();
      return graph.outputs().stream()
          .map(v -> Tensor.of(v.shape(), run.output(v.name()).toArray()))
          .toList();
    }
  }
}
