package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Softmax over one axis, {@code exp(x-m)/Σ exp(x-m)} with m the maximum, or its logarithm. A
 * negative axis counts from the end.
 */
public record Softmax(int axis, boolean log) implements KernelOp {

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    inputs.get(0).axis(axis);
    return List.of(inputs.get(0));
  }

  @Override
  public String type() {
    return log ? "log_softmax" : "softmax";
  }
}
