package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Local response normalisation: {@code dst = x / (k + alpha/n·Σ x²)^beta}, the sum over {@code
 * size} neighbouring channels (n = size), clipped at the ends, or with {@code within} over a size ×
 * size spatial window of the same channel (n = size²), zeros outside.
 *
 * <p>Window: from c - floor((size-1)/2) to c + ceil((size-1)/2). Source: Krizhevsky et al. 2012,
 * section 3.3; Caffe's LRN layer for the second form. Operand: x [N, C, …]; {@code within} needs
 * two spatial dimensions.
 */
public record Lrn(int size, float alpha, float beta, float k, boolean within) implements KernelOp {

  /** Checks the size. */
  public Lrn {
    if (size < 1) {
      throw new IllegalArgumentException("lrn: size is " + size + "; it must be at least 1");
    }
    if (!(k > 0) || !(alpha >= 0)) {
      throw new IllegalArgumentException(
          "lrn: k is " + k + " and alpha " + alpha + "; k > 0 and alpha >= 0 are needed");
    }
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    Op.check(
        this,
        within ? x.rank() == 4 : x.rank() >= 2,
        "input " + x + (within ? " must be N, C, H, W" : " must have a channel dimension"));
    return List.of(x);
  }
}
