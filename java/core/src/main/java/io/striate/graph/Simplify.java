package io.striate.graph;

import io.striate.op.Dropout;
import io.striate.op.GlobalPool;
import io.striate.op.Identity;
import java.util.List;

/**
 * Removes what does nothing at inference (identity, dropout) and writes global pooling as pooling.
 */
final class Simplify {
  private Simplify() {}

  static Graph apply(Graph graph) {
    GraphEditor edit = new GraphEditor(graph);
    for (Node node : edit.nodes()) {
      if (node.op() instanceof Identity || node.op() instanceof Dropout) {
        edit.redirect(node.output(), edit.input(node, 0));
        edit.remove(node);
      } else if (node.op() instanceof GlobalPool pool) {
        edit.replace(node, pool.toPool(node.inputs().get(0).shape()), List.of(edit.input(node, 0)));
      }
    }
    return edit.toGraph();
  }
}
