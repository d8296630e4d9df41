package io.striate.op;

import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Removes the given dimensions, which must be 1; with no axes, every dimension of 1. */
public record Squeeze(List<Integer> axes) implements ViewOp {

  /** Copies the axes. */
  public Squeeze {
    axes = List.copyOf(axes);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    List<Integer> gone = axes.stream().map(x::axis).toList();
    List<Long> dims = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      if (axes.isEmpty() ? x.dim(i) == 1 : gone.contains(i)) {
        Op.check(this, x.dim(i) == 1, "axis " + i + " of " + x + " is not 1");
      } else {
        dims.add(x.dim(i));
      }
    }
    return List.of(Shape.of(dims));
  }
}
