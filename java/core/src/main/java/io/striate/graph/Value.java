package io.striate.graph;

import io.striate.tensor.DType;
import io.striate.tensor.Shape;

/**
 * A tensor that flows along an edge of a {@link Graph}: an input, a constant or the result of a
 * node.
 */
public record Value(int id, String name, DType dtype, Shape shape) {
  @Override
  public String toString() {
    return name + ":" + shape;
  }
}
