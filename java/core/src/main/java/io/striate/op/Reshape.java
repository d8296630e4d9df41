package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * The same elements in row-major logical order under other dimensions. A dimension of 0 keeps the
 * input's dimension at that place, one -1 takes what is left (ONNX's rule with allowzero = 0).
 */
public record Reshape(List<Long> dims) implements ViewOp {

  /** Checks for more than one -1. */
  public Reshape {
    dims = List.copyOf(dims);
    if (dims.stream().filter(d -> d == -1).count() > 1 || dims.stream().anyMatch(d -> d < -1)) {
      throw new IllegalArgumentException(
          "reshape: " + dims + " may hold one -1 and no other negative number");
    }
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    long[] out = new long[dims.size()];
    long known = 1;
    int free = -1;
    for (int i = 0; i < out.length; i++) {
      long d = dims.get(i);
      if (d == -1) {
        free = i;
        continue;
      }
      Op.check(
          this,
          d != 0 || i < x.rank(),
          "0 at place " + i + " of " + dims + " has no counterpart in " + x);
      out[i] = d == 0 ? x.dim(i) : d;
      known = Math.multiplyExact(known, out[i]);
    }
    long elements = x.elements();
    if (free >= 0) {
      Op.check(this, known > 0 && elements % known == 0, x + " cannot be reshaped to " + dims);
      out[free] = elements / known;
      known = elements;
    }
    Op.check(
        this,
        known == elements,
        x + " has " + elements + " elements and cannot be reshaped to " + dims);
    return List.of(Shape.of(out));
  }
}
