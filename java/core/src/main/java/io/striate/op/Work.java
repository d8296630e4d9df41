package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/** Counts the arithmetic of an op, for reports and benchmarks. */
public final class Work {
  private Work() {}

  /**
   * Multiply-adds of a convolution or matrix product, taken from the formula (padding counts as
   * work, as everybody counts it); 0 for ops without products.
   */
  public static long macs(Op op, List<Shape> inputs) {
    return switch (op) {
      case Conv c -> {
        Shape w = inputs.get(1);
        yield op.infer(inputs).get(0).elements() * (w.elements() / w.dim(0));
      }
      case ConvPool p -> macs(p.conv(), inputs);
      case ConvTranspose t -> {
        Shape w = inputs.get(1);
        yield inputs.get(0).elements() * (w.elements() / w.dim(0));
      }
      case Gemm g -> op.infer(inputs).get(0).elements() * inputs.get(0).dim(g.transA() ? -2 : -1);
      default -> 0;
    };
  }
}
