package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Batch normalisation at inference: {@code dst = activation(scale[c]·(x - mean[c]) / √(variance[c]
 * + epsilon) + shift[c])}, c being dimension 1.
 *
 * <p>Operands: x of rank ≥ 2, scale, shift, mean, variance of shape [C]. Source: Ioffe &amp;
 * Szegedy, arXiv:1502.03167.
 */
public record BatchNorm(float epsilon, Activation activation) implements KernelOp {

  /** Checks epsilon. */
  public BatchNorm {
    if (!(epsilon >= 0 && epsilon < 1)) {
      throw new IllegalArgumentException(
          "batch_norm: epsilon is " + epsilon + "; it must lie in 0 … 1");
    }
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 5, 5);
    Shape x = inputs.get(0);
    Op.check(this, x.rank() >= 2, "input " + x + " must have a channel dimension");
    Shape channels = Shape.of(x.dim(1));
    for (int i = 1; i < 5; i++) {
      Op.check(
          this,
          inputs.get(i).equals(channels),
          "operand " + i + " has shape " + inputs.get(i) + "; " + channels + " is expected");
    }
    return List.of(x);
  }
}
