package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/** Permutes dimensions: result dimension i is input dimension perm[i]. */
public record Transpose(List<Integer> perm) implements ViewOp {

  /** Checks that it is a permutation. */
  public Transpose {
    perm = List.copyOf(perm);
    boolean[] seen = new boolean[perm.size()];
    for (int p : perm) {
      if (p < 0 || p >= seen.length || seen[p]) {
        throw new IllegalArgumentException(
            "transpose: " + perm + " is not a permutation of 0 … " + (seen.length - 1));
      }
      seen[p] = true;
    }
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    Op.check(this, perm.size() == x.rank(), "permutation " + perm + " does not fit " + x);
    Op.check(
        this,
        !x.isDynamic() || perm.get(0) == 0,
        "permutation " + perm + " moves the dynamic batch of " + x + ", which must stay first");
    return List.of(Shape.of(perm.stream().map(x::dim).toList()));
  }
}
