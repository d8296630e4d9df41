package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;
import java.util.Locale;

/**
 * An operation as data: parameters only, no arithmetic, no tensors. Logical shapes are N, C, [D,]
 * [H,] W; weights are O, I, [D,] [H,] W.
 *
 * <p>{@link KernelOp}s are computed by providers; {@link ViewOp}s only rearrange and become copies
 * or views when a graph is compiled.
 */
public sealed interface Op permits KernelOp, ViewOp {

  /**
   * The shapes of the results for operands of these shapes.
   *
   * @throws IllegalArgumentException if number, rank or sizes of the operands do not fit; the
   *     message names them
   */
  List<Shape> infer(List<Shape> inputs);

  /** Short name in lower case, as it appears in kernel ids and reports. */
  default String type() {
    return getClass()
        .getSimpleName()
        .replaceAll("(?<=[a-z])(?=[A-Z])", "_")
        .toLowerCase(Locale.ROOT);
  }

  /** Throws unless there are between {@code least} and {@code most} operands. */
  static void checkCount(Op op, List<Shape> inputs, int least, int most) {
    if (inputs.size() < least || inputs.size() > most) {
      throw new IllegalArgumentException(
          op.type()
              + " takes "
              + (least == most ? least : least + " to " + most)
              + " operands, but "
              + inputs.size()
              + " were given: "
              + inputs);
    }
  }

  /** Throws with the op's name in front unless {@code holds}. */
  static void check(Op op, boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(op.type() + ": " + message);
    }
  }
}
