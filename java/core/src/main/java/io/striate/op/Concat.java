package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/** Concatenation of one or more operands along an axis; all other dimensions must be equal. */
public record Concat(int axis) implements ViewOp {

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, Integer.MAX_VALUE);
    Shape first = inputs.get(0);
    int at = first.axis(axis);
    long sum = 0;
    for (Shape s : inputs) {
      Op.check(
          this,
          inputs.size() == 1 || at != 0 || !s.isDynamic(),
          "the dynamic batch of " + s + " cannot be concatenated");
      Op.check(
          this,
          s.rank() == first.rank() && s.withDim(at, 1).equals(first.withDim(at, 1)),
          "operand " + s + " differs from " + first + " outside axis " + at);
      sum += s.dim(at);
    }
    return List.of(first.withDim(at, sum));
  }
}
