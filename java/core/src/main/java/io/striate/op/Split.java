package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/** Splits x along an axis into parts of the given sizes, which must add up. */
public record Split(int axis, List<Long> sizes) implements ViewOp {

  /** Copies the sizes. */
  public Split {
    sizes = List.copyOf(sizes);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    long sum = sizes.stream().mapToLong(Long::longValue).sum();
    Op.check(
        this,
        sum == x.dim(axis) && !sizes.isEmpty(),
        "sizes "
            + sizes
            + " add up to "
            + sum
            + ", but axis "
            + axis
            + " of "
            + x
            + " has "
            + x.dim(axis));
    return sizes.stream().map(s -> x.withDim(axis, s)).toList();
  }
}
