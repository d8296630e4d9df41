package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Padding of every dimension; negative amounts crop. REFLECT mirrors without repeating the border
 * element, EDGE repeats it. {@code begin} and {@code end} have one entry per dimension.
 */
public record Pad(Mode mode, List<Long> begin, List<Long> end, float value) implements KernelOp {

  /** What the new elements are. */
  public enum Mode {
    /** A constant. */
    CONSTANT,
    /** The mirror image, border element not repeated. */
    REFLECT,
    /** The border element. */
    EDGE
  }

  /** Copies the amounts. */
  public Pad {
    begin = List.copyOf(begin);
    end = List.copyOf(end);
    if (mode != Mode.CONSTANT && value != 0) {
      throw new IllegalArgumentException(
          "pad: value " + value + " has no meaning in mode " + mode + "; use 0");
    }
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    Op.check(
        this,
        begin.size() == x.rank() && end.size() == x.rank(),
        "amounts " + begin + " and " + end + " need one entry for each dimension of " + x);
    long[] dims = x.dims();
    for (int i = 0; i < dims.length; i++) {
      long most = mode == Mode.REFLECT ? dims[i] - 1 : 1L << 40;
      Op.check(
          this,
          begin.get(i) <= most && end.get(i) <= most,
          "amounts "
              + begin.get(i)
              + " and "
              + end.get(i)
              + " at axis "
              + i
              + " of "
              + x
              + " exceed "
              + most
              + (mode == Mode.REFLECT ? ", the most that can be reflected" : ""));
      long size = dims[i] == Shape.DYNAMIC ? Shape.DYNAMIC : dims[i] + begin.get(i) + end.get(i);
      Op.check(
          this,
          dims[i] != Shape.DYNAMIC || (begin.get(i) == 0 && end.get(i) == 0),
          "the dynamic batch of " + x + " cannot be padded");
      Op.check(
          this,
          size >= 1 || size == Shape.DYNAMIC,
          "amounts " + begin + " and " + end + " leave nothing of " + x + " at axis " + i);
      dims[i] = size;
    }
    return List.of(Shape.of(dims));
  }
}
