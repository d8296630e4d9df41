package io.striate.graph;

import io.striate.op.Op;
import io.striate.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds a graph from another one, node by node: as it is, with other input shapes, with other ops
 * in places, up to some node, or beyond it. Names are kept. Constants and inputs come along when
 * they are first used; all shapes are inferred again.
 */
public final class GraphCopy {
  private final Graph source;
  private final Graph.Builder builder;
  private final Map<Value, Value> copies = new HashMap<>();

  /** Begins a copy with nothing in it. */
  public GraphCopy(Graph source) {
    this.source = source;
    builder = Graph.builder(source.name());
    builder.dynamicBatch(source.isDynamicBatch());
  }

  /** The builder of the new graph, to add nodes that the source does not have. */
  public Graph.Builder builder() {
    return builder;
  }

  /** The copy of an input with another shape. */
  public Value input(Value original, Shape shape) {
    Value copy = builder.input(original.name(), shape);
    copies.put(original, copy);
    return copy;
  }

  /** The copy of a value that was added before, or is an input or constant. */
  public Value value(Value original) {
    Value copy = copies.get(original);
    if (copy != null) {
      return copy;
    }
    Constant constant = source.constants().get(original);
    if (constant == null && !source.inputs().contains(original)) {
      throw new IllegalStateException("value " + original + " is used before it is made");
    }
    return constant == null ? input(original, original.shape()) : constant(original, constant);
  }

  /** The copy of a constant with other data, of the same shape or not. */
  public Value constant(Value original, Constant data) {
    return put(original, builder.constant(original.name(), data));
  }

  /** Lets {@code copy} stand for {@code original} from now on. */
  public Value put(Value original, Value copy) {
    copies.put(original, copy);
    return copy;
  }

  /** Adds a node as it is. */
  public void add(Node node) {
    add(node, node.op(), node.inputs().stream().map(this::value).toList());
  }

  /** Adds a node with another op and other operands, under its names. */
  public void add(Node node, Op op, List<Value> operands) {
    List<Value> results =
        builder.addNamed(
            node.name(), op, operands, node.outputs().stream().map(Value::name).toList());
    for (int i = 0; i < results.size(); i++) {
      put(node.outputs().get(i), results.get(i));
    }
  }

  /** Adds all nodes as they are, and the outputs. */
  public Graph finish() {
    source.nodes().forEach(this::add);
    return build();
  }

  /** Declares the source's outputs, and builds. */
  public Graph build() {
    source.outputs().forEach(v -> builder.output(value(v)));
    return builder.build();
  }
}
