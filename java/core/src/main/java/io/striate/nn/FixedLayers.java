package io.striate.nn;

import io.striate.graph.Value;
import io.striate.op.Binary;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Epilogue;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/** Layers whose weights are a part of the architecture and not learned. Part of {@link Flow}. */
sealed interface FixedLayers permits Flow {

  /** {@code factor·x + summand}. */
  default Flow affine(float factor, float summand) {
    Layer layer = ((Flow) this).begin("affine");
    layer.require(Float.isFinite(factor) && Float.isFinite(summand), "finite numbers");
    Value f = layer.fixed("factor", Tensor.of(Shape.of(1), factor));
    if (summand == 0) {
      return layer.result(Binary.of(Binary.Kind.MUL), layer.input(), f);
    }
    Value product =
        factor == 1
            ? layer.input()
            : layer.part("product", Binary.of(Binary.Kind.MUL), layer.input(), f);
    Value s = layer.fixed("summand", Tensor.of(Shape.of(1), summand));
    return layer.result(Binary.of(Binary.Kind.ADD), product, s);
  }

  /**
   * {@link Conv} over images with these weights [filters, C/groups, KH, KW], without bias; the
   * options' initializer and bias do not count.
   */
  default Flow fixedConv2d(Tensor weights, UnaryOperator<ConvOptions> options) {
    Layer layer = ((Flow) this).begin("fixed_conv2d");
    ConvOptions o = options(layer, weights, options);
    return layer.result(
        new Conv(o.window(), o.groups(), Epilogue.NONE),
        layer.input(),
        layer.fixed("weight", weights));
  }

  /**
   * {@link ConvTranspose} over images with these weights [C, filters/groups, KH, KW], without bias;
   * the options' initializer and bias do not count.
   */
  default Flow fixedConvTranspose2d(Tensor weights, UnaryOperator<ConvOptions> options) {
    Layer layer = ((Flow) this).begin("fixed_conv_transpose2d");
    ConvOptions o = options(layer, weights, options);
    return layer.result(
        new ConvTranspose(o.window(), o.outputPadding(), o.groups(), Epilogue.NONE),
        layer.input(),
        layer.fixed("weight", weights));
  }

  private static ConvOptions options(
      Layer layer, Tensor weights, UnaryOperator<ConvOptions> options) {
    layer.requireSpatial(2);
    layer.require(weights.shape().rank() == 4, "weights of four dimensions");
    List<Integer> kernel =
        List.of(Math.toIntExact(weights.shape().dim(2)), Math.toIntExact(weights.shape().dim(3)));
    return layer.check(() -> options.apply(ConvOptions.of(kernel)));
  }
}
