package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Makes a matrix: dimensions before {@code axis} become rows, the others columns, in row-major
 * logical order.
 */
public record Flatten(int axis) implements ViewOp {

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    int at = axis == x.rank() ? axis : x.axis(axis);
    Op.check(
        this,
        !x.isDynamic() || at == 1,
        "the dynamic batch of " + x + " can only be flattened at axis 1, not " + axis);
    long rows = 1;
    long columns = 1;
    for (int i = 0; i < x.rank(); i++) {
      if (i < at) {
        rows *= x.dim(i);
      } else {
        columns *= x.dim(i);
      }
    }
    return List.of(Shape.of(rows, columns));
  }
}
