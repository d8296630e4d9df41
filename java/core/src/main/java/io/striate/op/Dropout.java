package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Dropout: in training zeroes each element with probability {@code ratio} and scales the others by
 * 1/(1-ratio); at inference the identity. Source: Srivastava et al., JMLR 15 (2014), in the
 * inverted form.
 */
public record Dropout(float ratio) implements ViewOp {

  /** Checks the ratio. */
  public Dropout {
    if (!(ratio >= 0 && ratio < 1)) {
      throw new IllegalArgumentException(
          "dropout: ratio is " + ratio + "; it must lie in 0 … 1, 1 excluded");
    }
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    return List.of(inputs.get(0));
  }
}
