package io.striate.graph;

import io.striate.op.ConvPool;
import io.striate.op.Op;
import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An immutable directed acyclic graph of operations. Nodes are in execution order; every shape is
 * known.
 *
 * <p>The first dimension of every input is the batch. A graph is built for batch 1 where an input's
 * batch is {@link Shape#DYNAMIC}; {@link #withBatch} makes the same graph for another batch.
 */
public final class Graph {
  private final String name;
  private final List<Value> inputs;
  private final List<Value> outputs;
  private final List<Node> nodes;
  private final Map<Value, Constant> constants;
  private final boolean dynamicBatch;

  private Graph(Builder builder, List<Value> outputs) {
    this.name = builder.name;
    this.inputs = List.copyOf(builder.inputs);
    this.outputs = List.copyOf(outputs);
    this.nodes = List.copyOf(builder.nodes);
    this.constants = Collections.unmodifiableMap(new LinkedHashMap<>(builder.constants));
    this.dynamicBatch = builder.dynamicBatch;
  }

  /** The name given to the builder. */
  public String name() {
    return name;
  }

  /** Inputs in declaration order. */
  public List<Value> inputs() {
    return inputs;
  }

  /** Outputs in declaration order. */
  public List<Value> outputs() {
    return outputs;
  }

  /** Nodes in execution order. */
  public List<Node> nodes() {
    return nodes;
  }

  /** Constants: parameters, running statistics, fixed tables. */
  public Map<Value, Constant> constants() {
    return constants;
  }

  /** Whether the batch was declared dynamic. */
  public boolean isDynamicBatch() {
    return dynamicBatch;
  }

  /** Number of elements of all constants with this role. */
  public long elements(Constant.Role role) {
    return constants.values().stream()
        .filter(c -> c.role() == role)
        .mapToLong(c -> c.shape().elements())
        .sum();
  }

  /** Number of learned values; running statistics are not learned. */
  public long parameterCount() {
    return elements(Constant.Role.PARAMETER);
  }

  /**
   * The same graph for a batch of {@code n}.
   *
   * @throws IllegalArgumentException if some op fixes the batch (a reshape to a literal batch,
   *     say); the message names it
   */
  public Graph withBatch(long n) {
    if (inputs.stream().allMatch(v -> v.shape().rank() > 0 && v.shape().dim(0) == n)) {
      return this;
    }
    GraphCopy copy = new GraphCopy(this);
    inputs.forEach(v -> copy.input(v, v.shape().rank() == 0 ? v.shape() : v.shape().withDim(0, n)));
    return copy.finish();
  }

  /** A builder of a graph with this name. */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /**
   * Builds a graph node by node in execution order. Shapes are inferred at once, so a mistake is
   * reported by the call that makes it. Names of nodes and of values are unique.
   */
  public static final class Builder {
    private final String name;
    private final List<Value> inputs = new ArrayList<>();
    private final List<Value> outputs = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<Value, Constant> constants = new LinkedHashMap<>();
    private final Set<Value> known = new HashSet<>();
    private final Set<String> valueNames = new HashSet<>();
    private final Set<String> nodeNames = new HashSet<>();
    private boolean dynamicBatch;

    private Builder(String name) {
      this.name = name;
    }

    /** Declares an f32 input; the first dimension is the batch and may be {@link Shape#DYNAMIC}. */
    public Value input(String valueName, Shape shape) {
      dynamicBatch |= shape.isDynamic();
      Value v = value(valueName, DType.F32, shape.isDynamic() ? shape.withDim(0, 1) : shape);
      inputs.add(v);
      return v;
    }

    /** Adds a fixed constant; its memory must stay valid as long as the graph is used. */
    public Value constant(String valueName, Tensor data) {
      return constant(valueName, Constant.of(Constant.Role.FIXED, data));
    }

    /** Adds a parameter; its memory must stay valid as long as the graph is used. */
    public Value parameter(String valueName, Tensor data) {
      return constant(valueName, Constant.of(Constant.Role.PARAMETER, data));
    }

    /** Adds a constant. */
    public Value constant(String valueName, Constant constant) {
      Value v = value(valueName, constant.dtype(), constant.shape());
      constants.put(v, constant);
      return v;
    }

    /** Says whether the batch counts as dynamic, whatever the shapes of the inputs. */
    void dynamicBatch(boolean dynamic) {
      dynamicBatch = dynamic;
    }

    /** Adds a node with one result, which gets the node's name. */
    public Value add(String nodeName, Op op, Value... operands) {
      List<Value> results = addAll(nodeName, op, List.of(operands));
      if (results.size() != 1) {
        throw new IllegalArgumentException(
            "node " + nodeName + " has " + results.size() + " results: use addAll");
      }
      return results.get(0);
    }

    /** Adds a node; its results are named after it, with a number if there are several. */
    public List<Value> addAll(String nodeName, Op op, List<Value> operands) {
      int count = infer(nodeName, op, operands).size();
      List<String> names = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        names.add(count == 1 ? nodeName : nodeName + ":" + i);
      }
      return addNamed(nodeName, op, operands, names);
    }

    /** Adds a node whose results have the given names. */
    public List<Value> addNamed(
        String nodeName, Op op, List<Value> operands, List<String> resultNames) {
      List<Shape> shapes = infer(nodeName, op, operands);
      if (shapes.size() != resultNames.size()) {
        throw new IllegalArgumentException(
            "node "
                + nodeName
                + " has "
                + shapes.size()
                + " results, but "
                + resultNames.size()
                + " names were given");
      }
      if (!nodeNames.add(nodeName)) {
        throw new IllegalArgumentException(
            "there is a node " + nodeName + " already; names must be unique");
      }
      List<Value> results = new ArrayList<>();
      for (int i = 0; i < shapes.size(); i++) {
        results.add(value(resultNames.get(i), DType.F32, shapes.get(i)));
      }
      nodes.add(new Node(nodeName, op, operands, results));
      return results;
    }

    /** Whether a node has this name. */
    public boolean hasNode(String nodeName) {
      return nodeNames.contains(nodeName);
    }

    /** Declares an output. The same value may not be declared twice. */
    public Builder output(Value v) {
      checkKnown("output", v);
      if (outputs.contains(v)) {
        throw new IllegalArgumentException("value " + v.name() + " is an output already");
      }
      outputs.add(v);
      return this;
    }

    /** The graph, with nodes whose results nobody uses left out. */
    public Graph build() {
      if (inputs.isEmpty() || outputs.isEmpty()) {
        throw new IllegalArgumentException(
            "graph " + name + " needs at least one input and one output");
      }
      Set<Value> live = new HashSet<>(outputs);
      List<Node> kept = new ArrayList<>();
      for (int i = nodes.size() - 1; i >= 0; i--) {
        Node node = nodes.get(i);
        if (!Collections.disjoint(node.outputs(), live)) {
          live.addAll(node.inputs());
          kept.add(node);
        }
      }
      nodes.clear();
      nodes.addAll(kept.reversed());
      constants.keySet().retainAll(live);
      return new Graph(this, outputs);
    }

    private List<Shape> infer(String nodeName, Op op, List<Value> operands) {
      String role = "operand of node " + nodeName;
      for (Value v : operands) {
        checkKnown(role, v);
      }
      if (op instanceof ConvPool) {
        throw new IllegalArgumentException(
            "node "
                + nodeName
                + ": compilation fuses pooling where a kernel can; add the Conv and the Pool as two"
                + " nodes");
      }
      try {
        return op.infer(Value.shapes(operands));
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new IllegalArgumentException("node " + nodeName + ": " + e.getMessage(), e);
      }
    }

    private Value value(String valueName, DType dtype, Shape shape) {
      if (valueName.isEmpty() || !valueNames.add(valueName)) {
        throw new IllegalArgumentException(
            valueName.isEmpty()
                ? "a value needs a name"
                : "there is a value " + valueName + " already");
      }
      Value v = new Value(valueNames.size(), valueName, dtype, shape);
      known.add(v);
      return v;
    }

    private void checkKnown(String role, Value v) {
      if (!known.contains(v)) {
        throw new IllegalArgumentException(
            role + ": value " + v + " does not belong to this graph");
      }
    }
  }
}
