package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;
import java.util.Locale;

/**
 * Element-wise arithmetic with NumPy broadcasting: {@code dst = activation(a op b)}.
 *
 * <p>A product may have a third operand of the destination's shape that is added to it, {@code dst
 * = activation(a·b + c)}, product and sum rounded one after the other: the gate of a
 * squeeze-and-excitation block with the shortcut behind it (Hu et al., arXiv:1709.01507, figure 3)
 * in one pass over the image.
 *
 * @param hasAddend whether there is a {@code c}; only for {@link Kind#MUL}
 */
public record Binary(Kind kind, boolean hasAddend, Activation activation) implements KernelOp {

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

  /** Checks that an addend follows a product. */
  public Binary {
    if (hasAddend && kind != Kind.MUL) {
      throw new IllegalArgumentException(
          "only MUL takes an addend, not " + kind + "; add it by a node of its own");
    }
  }

  /** The operator of two operands. */
  public Binary(Kind kind, Activation activation) {
    this(kind, false, activation);
  }

  /** The operator without activation. */
  public static Binary of(Kind kind) {
    return new Binary(kind, Activation.NONE);
  }

  /** {@code a·b + c} without activation. */
  public static Binary multiplyAdd() {
    return new Binary(Kind.MUL, true, Activation.NONE);
  }

  /** This operator followed by an activation. */
  public Binary withActivation(Activation next) {
    return new Binary(kind, hasAddend, next);
  }

  /** Number of operands. */
  public int operands() {
    return hasAddend ? 3 : 2;
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, operands(), operands());
    Shape result = Shape.broadcast(inputs.get(0), inputs.get(1));
    if (hasAddend && !inputs.get(2).equals(result)) {
      throw new IllegalArgumentException(
          type() + " adds " + inputs.get(2) + " to " + result + "; both must have the same shape");
    }
    return List.of(result);
  }

  @Override
  public String type() {
    return hasAddend ? "multiply_add" : kind.name().toLowerCase(Locale.ROOT);
  }
}
