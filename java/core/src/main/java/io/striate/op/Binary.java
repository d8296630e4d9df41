package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/** Element-wise arithmetic with NumPy broadcasting: {@code dst = activation(a op b)}. */
public record Binary(Kind kind, Activation activation) implements KernelOp {

  /** The operators. */
  public enum Kind {
    /** a + b. */
    ADD,
    /** a - b. */
    SUB,
    /** a · b. */
    MUL,
    /** a / b. */
    DIV
  }

  /** The operator without activation. */
  public static Binary of(Kind kind) {
    return new Binary(kind, Activation.NONE);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 2, 2);
    return List.of(Shape.broadcast(inputs.get(0), inputs.get(1)));
  }

  @Override
  public String type() {
    return kind.name().toLowerCase(java.util.Locale.ROOT);
  }
}
