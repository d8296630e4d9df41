package io.striate.graph;

import io.striate.op.Op;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A mutable copy of a graph for the passes: nodes in execution order that can be replaced, values
 * that can be redirected. {@link #toGraph} infers every shape again, so a pass that breaks a shape
 * fails there.
 */
final class GraphEditor {
  private final Graph source;
  private final List<Node> nodes;
  private final Map<Value, Constant> constants;
  private final Map<Value, Value> redirected = new HashMap<>();
  private int fresh;

  GraphEditor(Graph source) {
    this.source = source;
    this.nodes = new ArrayList<>(source.nodes());
    this.constants = new LinkedHashMap<>(source.constants());
  }

  /**
   * A snapshot of the nodes, safe to walk while editing; check {@link #contains} before touching
   * one.
   */
  List<Node> nodes() {
    return List.copyOf(nodes);
  }

  boolean contains(Node node) {
    return nodes.contains(node);
  }

  /** What a value stands for after all redirections. */
  Value resolve(Value v) {
    Value at = v;
    for (Value next = redirected.get(at); next != null; next = redirected.get(at)) {
      at = next;
    }
    return at;
  }

  /** Operand {@code i} of a node after all redirections. */
  Value input(Node node, int i) {
    return resolve(node.inputs().get(i));
  }

  Optional<Tensor> constant(Value v) {
    return Optional.ofNullable(constants.get(resolve(v))).map(Constant::data);
  }

  /** Whether a value is a constant; its data is not made. */
  boolean isConstant(Value v) {
    return constants.containsKey(resolve(v));
  }

  /** The constant behind a value; its data is not made yet. */
  Optional<Constant> constantOf(Value v) {
    return Optional.ofNullable(constants.get(resolve(v)));
  }

  /** The node that makes a value, if it is neither input nor constant. */
  Optional<Node> producer(Value v) {
    Value real = resolve(v);
    for (Node n : nodes) {
      if (n.outputs().contains(real)) {
        return Optional.of(n);
      }
    }
    return Optional.empty();
  }

  /** How often a value is read, by nodes and as an output. */
  long uses(Value v) {
    Value real = resolve(v);
    long count = count(source.outputs(), real);
    for (Node n : nodes) {
      count += count(n.inputs(), real);
    }
    return count;
  }

  private long count(List<Value> values, Value real) {
    long count = 0;
    for (Value v : values) {
      count += resolve(v).equals(real) ? 1 : 0;
    }
    return count;
  }

  boolean isOutput(Value v) {
    Value real = resolve(v);
    return count(source.outputs(), real) > 0;
  }

  /** Position of a node in execution order. */
  int indexOf(Node node) {
    return nodes.indexOf(node);
  }

  /** Makes every reader of {@code from} read {@code to}. */
  void redirect(Value from, Value to) {
    redirected.put(resolve(from), to);
  }

  void remove(Node node) {
    nodes.remove(node);
  }

  /** Puts another op with other operands in a node's place; it keeps name and results. */
  void replace(Node node, Op op, List<Value> inputs) {
    nodes.set(nodes.indexOf(node), new Node(node.name(), op, inputs, node.outputs()));
  }

  /** Puts a node with a result of its own before another and returns the result. */
  Value insertBefore(Node next, String name, Op op, Value input) {
    Shape shape = op.infer(List.of(input.shape())).get(0);
    Value v = new Value(-1 - fresh, name + "#" + fresh, input.dtype(), shape);
    fresh++;
    nodes.add(nodes.indexOf(next), new Node(v.name(), op, List.of(input), List.of(v)));
    return v;
  }

  /** Adds a constant under a name derived from {@code name}. */
  Value addConstant(String name, Tensor data) {
    return addConstant(name, Constant.of(Constant.Role.FIXED, data));
  }

  /** Adds a constant under a name derived from {@code name}. */
  Value addConstant(String name, Constant constant) {
    Value v = new Value(-1 - fresh, name + "#" + fresh, constant.dtype(), constant.shape());
    fresh++;
    constants.put(v, constant);
    return v;
  }

  Graph toGraph() {
    Graph.Builder b = Graph.builder(source.name());
    Map<Value, Value> map = new HashMap<>();
    for (Value v : source.inputs()) {
      map.put(v, b.input(v.name(), v.shape()));
    }
    for (Map.Entry<Value, Constant> c : constants.entrySet()) {
      map.put(c.getKey(), b.constant(c.getKey().name(), c.getValue()));
    }
    for (Node node : nodes) {
      List<Value> operands = new ArrayList<>();
      for (Value v : node.inputs()) {
        operands.add(lookUp(map, resolve(v)));
      }
      List<String> names = new ArrayList<>();
      for (Value v : node.outputs()) {
        names.add(v.name());
      }
      List<Value> results = b.addNamed(node.name(), node.op(), operands, names);
      for (int i = 0; i < results.size(); i++) {
        map.put(node.outputs().get(i), results.get(i));
      }
    }
    // Two outputs may have become one value; Identity keeps them apart.
    List<Value> outputs = new ArrayList<>();
    for (Value v : source.outputs()) {
      Value made = lookUp(map, resolve(v));
      boolean direct = made.name().equals(v.name()) && !outputs.contains(made);
      outputs.add(
          direct
              ? made
              : b.addNamed(
                      "output " + v.name(),
                      new io.striate.op.Identity(),
                      List.of(made),
                      List.of(made.name().equals(v.name()) ? v.name() + "'" : v.name()))
                  .get(0));
    }
    for (Value v : outputs) {
      b.output(v);
    }
    return b.build();
  }

  private static Value lookUp(Map<Value, Value> map, Value v) {
    Value to = map.get(v);
    if (to == null) {
      throw new IllegalStateException("a pass lost value " + v);
    }
    return to;
  }
}
