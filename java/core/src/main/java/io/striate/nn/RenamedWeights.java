package io.striate.nn;

import java.util.function.UnaryOperator;

/** Another map with other names in the file, or with fewer demands. */
record RenamedWeights(WeightMap map, UnaryOperator<String> rename, boolean isLenient)
    implements WeightMap {

  @Override
  public Source source(Target target, int index) {
    Source source = map.source(target, index);
    return new Source(
        source.names().stream().map(rename).toList(), source.shape(), source.toModel());
  }

  @Override
  public boolean ignores(String name) {
    return isLenient || map.ignores(name);
  }

  @Override
  public boolean mayLack(Target target) {
    return isLenient || map.mayLack(target);
  }
}
