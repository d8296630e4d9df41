package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Copies x to a destination of the same shape and any layout: reorders, transposes, gathers and
 * scatters by strides.
 */
public record Copy() implements KernelOp {

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    return List.of(inputs.get(0));
  }
}
