package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Parametric ReLU: {@code dst = x ≥ 0 ? x : slope·x}. Operands: x, and slope that broadcasts to x
 * in NumPy's way (one value per channel of N, C, H, W is C, 1, 1). Source: He et al.,
 * arXiv:1502.01852.
 */
public record PRelu() implements KernelOp {

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 2, 2);
    Shape x = inputs.get(0);
    Op.check(
        this,
        Shape.broadcast(x, inputs.get(1)).equals(x),
        "slope " + inputs.get(1) + " does not broadcast to the input " + x);
    return List.of(x);
  }

  @Override
  public String type() {
    return "prelu";
  }
}
