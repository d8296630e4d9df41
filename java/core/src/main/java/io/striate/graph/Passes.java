package io.striate.graph;

import io.striate.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/**
 * The passes that every backend shares, in order: simplify, fold constants, fold batch
 * normalisation, fuse epilogues, flatten in place. Each takes a graph and returns another that
 * computes the same values (batch-norm folding and flattening in place up to rounding).
 */
public final class Passes {
  private Passes() {}

  /**
   * Applies all passes.
   *
   * @param evaluator runs a graph of constants and returns its outputs in order
   */
  public static Graph optimize(Graph graph, Function<Graph, List<Tensor>> evaluator) {
    Graph simple = Simplify.apply(graph);
    Graph folded = FoldConstants.apply(simple, evaluator);
    return FlattenInPlace.apply(FuseEpilogues.apply(FoldBatchNorm.apply(folded)));
  }

  /** Only what execution cannot do without: the graph as the user wrote it, with views resolved. */
  public static Graph minimal(Graph graph) {
    return Simplify.apply(graph);
  }
}
