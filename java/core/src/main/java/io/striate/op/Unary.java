package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/** An activation on every element: {@code dst = activation(x)}, any shape. */
public record Unary(Activation activation) implements KernelOp {

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    return List.of(inputs.get(0));
  }

  @Override
  public String type() {
    return activation.kind().name().toLowerCase(java.util.Locale.ROOT);
  }
}
