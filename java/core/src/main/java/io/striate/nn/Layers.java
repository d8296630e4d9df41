package io.striate.nn;

import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Layers of a graph. A layer is a node, together with the nodes before it that are parts of it: the
 * parts of layer {@code c3} are named {@code c3#…}.
 */
final class Layers {
  /** Stands between the name of a layer and that of a part of it. */
  static final String PART = "#";

  private Layers() {}

  /** The layer that a node belongs to. */
  static String of(Node node) {
    int at = node.name().indexOf(PART);
    return at < 0 ? node.name() : node.name().substring(0, at);
  }

  /**
   * The result of a layer, by the layer's name or the value's.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  static Value find(Graph graph, String layer) {
    for (Node node : graph.nodes()) {
      if (node.name().equals(layer)) {
        return node.outputs().get(0);
      }
    }
    for (Node node : graph.nodes()) {
      for (Value v : node.outputs()) {
        if (v.name().equals(layer)) {
          return v;
        }
      }
    }
    throw new IllegalArgumentException(
        "model "
            + graph.name()
            + " has no layer '"
            + layer
            + "'; it has "
            + graph.nodes().stream().map(Layers::of).distinct().toList());
  }

  /** The nodes that the given values need, in order. */
  static List<Node> upTo(Graph graph, List<Value> values) {
    Set<Value> needed = new HashSet<>(values);
    Set<Node> kept = new HashSet<>();
    for (Node node : graph.nodes().reversed()) {
      if (node.outputs().stream().anyMatch(needed::contains)) {
        needed.addAll(node.inputs());
        kept.add(node);
      }
    }
    return graph.nodes().stream().filter(kept::contains).toList();
  }
}
