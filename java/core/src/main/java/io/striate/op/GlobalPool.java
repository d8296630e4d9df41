package io.striate.op;

import io.striate.tensor.Shape;
import java.util.Collections;
import java.util.List;

/**
 * Pooling over all spatial positions: x [N, C, spatial…] to [N, C, 1…]. Compiled to a {@link Pool}
 * whose window is the whole input. Kinds MAX, AVERAGE_EXCLUDE_PAD and LP. Source: Lin et al.,
 * Network in network, arXiv:1312.4400.
 */
public record GlobalPool(Pool.Kind kind, float p) implements ViewOp {

  /** Checks the kind. */
  public GlobalPool {
    if (kind == Pool.Kind.WEIGHTED || kind == Pool.Kind.AVERAGE_INCLUDE_PAD) {
      throw new IllegalArgumentException(
          "global_pool: kind " + kind + " has no global form; use AVERAGE_EXCLUDE_PAD");
    }
    if (kind == Pool.Kind.LP ? !(p >= 1 && p < Float.POSITIVE_INFINITY) : p != 0) {
      throw new IllegalArgumentException(
          "global_pool: p is " + p + "; LP needs at least 1, the others 0");
    }
  }

  /** The mean over all positions. */
  public static GlobalPool average() {
    return new GlobalPool(Pool.Kind.AVERAGE_EXCLUDE_PAD, 0);
  }

  /** The maximum over all positions. */
  public static GlobalPool max() {
    return new GlobalPool(Pool.Kind.MAX, 0);
  }

  /** The equivalent pooling for an input of the given shape. */
  public Pool toPool(Shape x) {
    Integer[] kernel = new Integer[x.spatialRank()];
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] = Math.toIntExact(x.dim(i + 2));
    }
    return new Pool(kind, Window.of(kernel), false, p);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    Op.check(
        this,
        x.spatialRank() >= 1 && x.spatialRank() <= 3,
        "input " + x + " must have N, C and 1 to 3 spatial dimensions");
    List<Long> dims = new java.util.ArrayList<>(List.of(x.dim(0), x.dim(1)));
    dims.addAll(Collections.nCopies(x.spatialRank(), 1L));
    return List.of(Shape.of(dims));
  }
}
