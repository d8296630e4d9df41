package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Takes elements start, start + step, … up to but not including end along some axes, as NumPy does:
 * negative starts and ends count from the end, both are clamped to the axis, a negative step walks
 * backwards. An empty result is an error.
 */
public record Slice(List<Integer> axes, List<Long> starts, List<Long> ends, List<Long> steps)
    implements ViewOp {

  /** Checks that all lists have one length and no step is 0. */
  public Slice {
    axes = List.copyOf(axes);
    starts = List.copyOf(starts);
    ends = List.copyOf(ends);
    steps = List.copyOf(steps);
    if (starts.size() != axes.size() || ends.size() != axes.size() || steps.size() != axes.size()) {
      throw new IllegalArgumentException(
          "slice: axes "
              + axes
              + ", starts "
              + starts
              + ", ends "
              + ends
              + " and steps "
              + steps
              + " differ in length");
    }
    if (steps.contains(0L)) {
      throw new IllegalArgumentException("slice: steps " + steps + " contain 0");
    }
  }

  /** First index taken along entry {@code i} of the axes, for an input of the given shape. */
  public long start(Shape x, int i) {
    long size = x.dim(axes.get(i));
    long start = starts.get(i) < 0 ? Math.max(-1 - size, starts.get(i)) + size : starts.get(i);
    return steps.get(i) > 0 ? Math.clamp(start, 0, size) : Math.clamp(start, -1, size - 1);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    Op.check(
        this,
        axes.stream().map(x::axis).distinct().count() == axes.size(),
        "axes " + axes + " name an axis of " + x + " twice");
    Shape out = x;
    for (int i = 0; i < axes.size(); i++) {
      long size = x.dim(axes.get(i));
      Op.check(this, size != Shape.DYNAMIC, "the dynamic batch of " + x + " cannot be sliced");
      long step = steps.get(i);
      long start = start(x, i);
      long end = ends.get(i) < 0 ? Math.max(-1 - size, ends.get(i)) + size : ends.get(i);
      end = step > 0 ? Math.clamp(end, 0, size) : Math.clamp(end, -1, size - 1);
      long count = step > 0 ? Math.ceilDiv(end - start, step) : Math.ceilDiv(start - end, -step);
      Op.check(
          this,
          count >= 1,
          "start "
              + starts.get(i)
              + ", end "
              + ends.get(i)
              + ", step "
              + step
              + " take nothing from axis "
              + axes.get(i)
              + " of "
              + x);
      out = out.withDim(axes.get(i), count);
    }
    return List.of(out);
  }
}
