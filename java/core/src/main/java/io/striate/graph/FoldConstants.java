package io.striate.graph;

import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Replaces every node whose operands are all constants by its value. */
final class FoldConstants {
  private FoldConstants() {}

  /**
   * Folds with the help of {@code evaluator}, which runs a graph whose only input is a dummy scalar
   * and returns its outputs in order, in memory that nobody else writes.
   */
  static Graph apply(Graph graph, Function<Graph, List<Tensor>> evaluator) {
    GraphEditor edit = new GraphEditor(graph);
    List<Node> constant = new ArrayList<>();
    Map<Value, Value> map = new HashMap<>();
    Graph.Builder b = Graph.builder(graph.name() + " (constants)");
    Value dummy = b.input("dummy", io.striate.tensor.Shape.of(1));
    for (Node node : edit.nodes()) {
      boolean foldable = !node.inputs().isEmpty();
      for (Value v : node.inputs()) {
        foldable &= edit.isConstant(v) || map.containsKey(v);
      }
      if (!foldable) {
        continue;
      }
      for (Value v : node.inputs()) {
        edit.constant(v).ifPresent(t -> map.computeIfAbsent(v, k -> b.constant(k.name(), t)));
      }
      List<Value> operands = node.inputs().stream().map(map::get).toList();
      List<String> names = node.outputs().stream().map(Value::name).toList();
      List<Value> results = b.addNamed(node.name(), node.op(), operands, names);
      for (int i = 0; i < results.size(); i++) {
        map.put(node.outputs().get(i), results.get(i));
      }
      constant.add(node);
    }
    if (constant.isEmpty()) {
      return graph;
    }
    b.output(b.add("dummy copy", new io.striate.op.Identity(), dummy));
    List<Value> wanted = constant.stream().flatMap(n -> n.outputs().stream()).toList();
    wanted.forEach(v -> b.output(java.util.Objects.requireNonNull(map.get(v))));
    List<Tensor> values = evaluator.apply(b.build());
    for (int i = 0; i < wanted.size(); i++) {
      edit.redirect(wanted.get(i), edit.addConstant(wanted.get(i).name(), values.get(i + 1)));
    }
    constant.forEach(edit::remove);
    return edit.toGraph();
  }
}
