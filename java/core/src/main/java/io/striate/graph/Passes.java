package io.striate.graph;

import io.striate.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The passes that every backend shares, in order: simplify, fold constants, fold batch
 * normalisation, fuse epilogues. Each takes a graph and returns another that computes the same
 * values (batch-norm folding up to rounding).
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
    return FuseEpilogues.apply(FoldBatchNorm.apply(folded));
  }

  /**
   * Lets small dense layers read images in the order in which they lie in memory, by weights whose
   * rows have changed places. For an optimized graph; computes the same values up to rounding.
   *
   * @param isChannelsLast whether a value of the graph will be channels-last in memory
   */
  public static Graph flattenInPlace(Graph graph, Predicate<Value> isChannelsLast) {
    return FlattenInPlace.apply(graph, isChannelsLast);
  }

  /** Only what execution cannot do without: the graph as the user wrote it, with views resolved. */
  public static Graph minimal(Graph graph) {
    return Simplify.apply(graph);
  }
}
