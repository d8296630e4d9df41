package io.striate.nn;

import io.striate.graph.Graph;
import io.striate.graph.GraphCopy;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A network under construction, with any number of inputs, branches and outputs.
 *
 * <pre>{@code
 * Network net = Network.named("tiny");
 * Flow x = net.input(3, 32, 32).conv2d(16, 3, c -> c.padding(1)).relu();
 * Flow y = x.conv2d(16, 3, c -> c.padding(1));
 * Model model = net.build(x.add(y).relu().globalAveragePool().flatten().dense(10));
 * }</pre>
 *
 * <p>Parameters are named after their layer as in PyTorch: {@code conv1.weight}, {@code bn1.bias},
 * {@code bn1.running_mean}. Their first values depend on the seed and on their name only, so that a
 * network is the same on every machine; they are made when they are first needed. Not for use by
 * several threads.
 */
public final class Network {
  private final Graph.Builder graph;
  private final Map<String, String> metadata;
  private final Map<String, Integer> counts = new HashMap<>();
  private Initialization initialization = Initialization.standard();
  private long seed;

  private Network(Graph.Builder graph, Map<String, String> metadata) {
    this.graph = graph;
    this.metadata = metadata;
  }

  /** An empty network. */
  public static Network named(String name) {
    return new Network(Graph.builder(name), Map.of());
  }

  /**
   * The part of a model that the given layer needs, open at the result of that layer: what is added
   * replaces the rest.
   *
   * @throws IllegalArgumentException if there is no such layer
   */
  static Flow openAt(Model model, String layer) {
    Graph source = model.graph();
    Value end = Layers.find(source, layer);
    GraphCopy copy = new GraphCopy(source);
    source.inputs().forEach(copy::value);
    Network network = new Network(copy.builder(), model.metadata());
    for (Node node : Layers.upTo(source, List.of(end))) {
      copy.add(node);
    }
    return new Flow(network, copy.value(end), "");
  }

  /** Sets the seed of the parameters' first values; the default is 0. */
  public Network seed(long next) {
    seed = next;
    return this;
  }

  /** Sets the initializers of all layers that follow; the default is the standard one. */
  public Network initialization(Initialization next) {
    initialization = next;
    return this;
  }

  /**
   * Adds an input of any batch size, named {@code input}.
   *
   * @param dims all dimensions after the batch: channels, then depth, height and width as far as
   *     there are; or the number of features
   */
  public Flow input(long... dims) {
    long[] shape = new long[dims.length + 1];
    shape[0] = Shape.DYNAMIC;
    System.arraycopy(dims, 0, shape, 1, dims.length);
    return input("input", Shape.of(shape));
  }

  /** Adds an input; its first dimension is the batch and may be {@link Shape#DYNAMIC}. */
  public Flow input(String name, Shape shape) {
    return new Flow(this, graph.input(name, shape), "");
  }

  /** The model with these outputs. Nothing can be added after that. */
  public Model build(Flow... outputs) {
    for (Flow flow : outputs) {
      check(flow);
      graph.output(flow.value());
    }
    return new Model(graph.build(), metadata);
  }

  void check(Flow flow) {
    if (flow.network() != this) {
      throw new IllegalArgumentException(
          "value " + flow.value() + " belongs to another network; build both branches from one");
    }
  }

  Graph.Builder graph() {
    return graph;
  }

  Initialization initialization() {
    return initialization;
  }

  long seed() {
    return seed;
  }

  /** The next of the names {@code type_1}, {@code type_2}, … that no node has. */
  String automaticName(String type) {
    String name;
    do {
      name = type + "_" + counts.merge(type, 1, Integer::sum);
    } while (graph.hasNode(name));
    return name;
  }

  /** All values, as a list for an op. */
  List<Value> values(Flow first, Flow... others) {
    List<Value> values = new ArrayList<>(List.of(first.value()));
    for (Flow other : others) {
      check(other);
      values.add(other.value());
    }
    return values;
  }
}
