package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/** Shape checks of the operands that an epilogue adds. */
final class EpilogueShapes {
  private EpilogueShapes() {}

  static void check(
      Op op, Epilogue epilogue, List<Shape> inputs, int own, long channels, Shape output) {
    if (epilogue.hasBias()) {
      Shape bias = inputs.get(own);
      Op.check(
          op,
          bias.equals(Shape.of(channels)),
          "bias has shape "
              + bias
              + "; one value per output channel, shape "
              + channels
              + ", is expected");
    }
    if (epilogue.hasResidual()) {
      Shape residual = inputs.get(own + (epilogue.hasBias() ? 1 : 0));
      Op.check(
          op,
          residual.equals(output),
          "residual " + residual + " must have the shape of the output " + output);
    }
  }
}
