package io.striate.zoo;

import io.striate.nn.WeightMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * PyTorch's names, and others under which the weights of an architecture are published.
 *
 * @param other the other name for a name of the model
 * @param unused tensors that a network may have no use for
 */
record PublishedWeights(UnaryOperator<String> other, Predicate<String> unused)
    implements WeightMap {
  private static final WeightMap PYTORCH = WeightMap.torchvision();

  /** Weights that come under a second name. */
  static WeightMap orNamed(UnaryOperator<String> other) {
    return new PublishedWeights(other, name -> false);
  }

  /** Weights that come with those of auxiliary heads, whose layers begin with {@code prefix}. */
  static WeightMap withHeads(String prefix) {
    return new PublishedWeights(UnaryOperator.identity(), name -> name.startsWith(prefix));
  }

  @Override
  public Source source(Target target, int index) {
    Source source = PYTORCH.source(target, index);
    List<String> names = new ArrayList<>(source.names());
    names.add(other.apply(target.name()));
    return new Source(names, source.shape(), source.toModel());
  }

  @Override
  public boolean ignores(String name) {
    return PYTORCH.ignores(name) || unused.test(name);
  }
}
