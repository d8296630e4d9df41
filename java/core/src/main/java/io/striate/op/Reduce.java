package io.striate.op;

import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Sum, mean or maximum over some axes; no axes means all. Negative axes count from the end. */
public record Reduce(Kind kind, List<Integer> axes, boolean keepDims) implements KernelOp {

  /** What is computed. */
  public enum Kind {
    /** The sum. */
    SUM,
    /** The mean. */
    MEAN,
    /** The maximum. */
    MAX
  }

  /** Copies the axes. */
  public Reduce {
    axes = List.copyOf(axes);
  }

  /** Bit i set for every axis i of the shape that is reduced. */
  public int mask(Shape x) {
    int mask = 0;
    for (int i = 0; i < (axes.isEmpty() ? x.rank() : axes.size()); i++) {
      int bit = 1 << x.axis(axes.isEmpty() ? i : axes.get(i));
      Op.check(this, (mask & bit) == 0, "axes " + axes + " name an axis of " + x + " twice");
      mask |= bit;
    }
    return mask;
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    int mask = mask(x);
    List<Long> dims = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      if ((mask >> i & 1) == 0) {
        dims.add(x.dim(i));
      } else if (keepDims) {
        dims.add(1L);
      }
    }
    return List.of(Shape.of(dims));
  }

  @Override
  public String type() {
    return "reduce_" + kind.name().toLowerCase(java.util.Locale.ROOT);
  }
}
