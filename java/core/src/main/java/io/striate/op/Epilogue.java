package io.striate.op;

/**
 * What a convolution or matrix product does to each result before storing it: {@code
 * activation(result + bias + residual)}.
 *
 * <p>The operands follow the op's own: bias of shape [C] (output channels, or columns of a
 * product), then the residual with the shape of the output.
 */
public record Epilogue(boolean hasBias, boolean hasResidual, Activation activation) {
  /** Nothing. */
  public static final Epilogue NONE = new Epilogue(false, false, Activation.NONE);

  /** A bias only. */
  public static final Epilogue BIAS = new Epilogue(true, false, Activation.NONE);

  /** Number of operands that follow the op's own. */
  public int operands() {
    return (hasBias ? 1 : 0) + (hasResidual ? 1 : 0);
  }

  /** This epilogue with an activation. */
  public Epilogue withActivation(Activation next) {
    return new Epilogue(hasBias, hasResidual, next);
  }

  /** This epilogue with a bias operand. */
  public Epilogue withBias() {
    return new Epilogue(true, hasResidual, activation);
  }

  /** This epilogue with a residual operand. */
  public Epilogue withResidual() {
    return new Epilogue(hasBias, true, activation);
  }

  @Override
  public String toString() {
    return (hasBias ? "+bias" : "")
        + (hasResidual ? "+residual" : "")
        + (activation.isNone() ? "" : "+" + activation);
  }
}
