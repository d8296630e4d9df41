package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Pooling of a convolution's result, which is never stored: dst = pool(conv(x)), operands as of the
 * convolution. Compilation makes it of a {@link Conv} and a {@link Pool} where the kernel that it
 * chooses for the convolution can pool too; graphs hold the two apart. Results are bit by bit those
 * of the two, {@code striate_conv_pool_params}.
 */
public record ConvPool(Conv conv, Pool pool) implements KernelOp {
  /** Checks that the pooling has no operand of its own. */
  public ConvPool {
    if (pool.kind() == Pool.Kind.WEIGHTED) {
      throw new IllegalArgumentException("conv_pool: WEIGHTED pooling has operands of its own");
    }
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    return pool.infer(conv.infer(inputs));
  }

  @Override
  public String type() {
    return "conv_pool";
  }
}
