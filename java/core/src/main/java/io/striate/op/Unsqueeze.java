package io.striate.op;

import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Inserts dimensions of 1 so that they stand at the given axes of the result. */
public record Unsqueeze(List<Integer> axes) implements ViewOp {

  /** Copies the axes. */
  public Unsqueeze {
    axes = List.copyOf(axes);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    int rank = x.rank() + axes.size();
    List<Integer> at = axes.stream().map(a -> a < 0 ? a + rank : a).toList();
    Op.check(
        this,
        at.stream().distinct().count() == at.size()
            && at.stream().allMatch(a -> a >= 0 && a < rank),
        "axes " + axes + " do not fit a result of rank " + rank);
    List<Long> dims = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < rank; i++) {
      dims.add(at.contains(i) ? 1L : x.dim(next++));
    }
    return List.of(Shape.of(dims));
  }
}
