package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/** The operand itself. */
public record Identity() implements ViewOp {

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    return List.of(inputs.get(0));
  }
}
