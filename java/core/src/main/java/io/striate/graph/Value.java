package io.striate.graph;

import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A tensor that flows along an edge of a {@link Graph}: an input, a constant or the result of a
 * node.
 */
public record Value(int id, String name, DType dtype, Shape shape) {
  /** Graphs look values up all the time; what the compiler would write takes 10 ms of a start. */
  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof Value v
            && id == v.id
            && name.equals(v.name)
            && dtype == v.dtype
            && shape.equals(v.shape));
  }

  @Override
  public int hashCode() {
    return 31 * id + name.hashCode();
  }

  /** The shapes of these values. */
  public static List<Shape> shapes(List<Value> values) {
    List<Shape> shapes = new ArrayList<>();
    for (Value v : values) {
      shapes.add(v.shape);
    }
    return shapes;
  }

  @Override
  public String toString() {
    return name + ":" + shape;
  }
}
