package io.striate.nn;

import io.striate.graph.Value;
import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.Lrn;
import io.striate.op.Slice;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;

/** Layers with weights, and normalisations. Part of {@link Flow}. */
sealed interface ProductLayers permits Flow {

  /** {@link Conv} over sequences: N, C, W to N, filters, W'. */
  default Flow conv1d(long filters, int kernel) {
    return conv1d(filters, kernel, o -> o);
  }

  /** {@link Conv} over sequences: N, C, W to N, filters, W'. */
  default Flow conv1d(long filters, int kernel, UnaryOperator<ConvOptions> options) {
    return conv(filters, List.of(kernel), options);
  }

  /** {@link Conv} over images: N, C, H, W to N, filters, H', W'. */
  default Flow conv2d(long filters, int kernel) {
    return conv2d(filters, kernel, o -> o);
  }

  /** {@link Conv} over images: N, C, H, W to N, filters, H', W'. */
  default Flow conv2d(long filters, int kernel, UnaryOperator<ConvOptions> options) {
    return conv(filters, List.of(kernel, kernel), options);
  }

  /** {@link Conv} over volumes: N, C, D, H, W to N, filters, D', H', W'. */
  default Flow conv3d(long filters, int kernel) {
    return conv3d(filters, kernel, o -> o);
  }

  /** {@link Conv} over volumes: N, C, D, H, W to N, filters, D', H', W'. */
  default Flow conv3d(long filters, int kernel, UnaryOperator<ConvOptions> options) {
    return conv(filters, List.of(kernel, kernel, kernel), options);
  }

  /**
   * {@link Conv} with a window of one to three axes, square or not. Parameters: {@code weight}
   * [filters, C/groups, K…], {@code bias} [filters].
   */
  default Flow conv(long filters, List<Integer> kernel, UnaryOperator<ConvOptions> options) {
    return conv("conv" + kernel.size() + "d", filters, kernel, options);
  }

  /** A convolution of every channel on its own, {@code multiplier} filters for each. */
  default Flow depthwiseConv2d(int kernel, int multiplier, UnaryOperator<ConvOptions> options) {
    int channels = Math.toIntExact(((Flow) this).channels());
    return conv(
        "depthwise_conv2d",
        Math.multiplyExact((long) channels, multiplier),
        List.of(kernel, kernel),
        o -> options.apply(o).groups(channels));
  }

  private Flow conv(
      String type, long filters, List<Integer> kernel, UnaryOperator<ConvOptions> options) {
    Layer layer = ((Flow) this).begin(type);
    ConvOptions o = layer.check(() -> options.apply(ConvOptions.of(kernel)));
    layer.requireSpatial(kernel.size());
    Value weights = windowWeights(layer, o, filters, false);
    return o.bias()
        ? layer.result(
            new Conv(o.window(), o.groups(), Epilogue.BIAS),
            layer.input(),
            weights,
            layer.bias(filters))
        : layer.result(new Conv(o.window(), o.groups(), Epilogue.NONE), layer.input(), weights);
  }

  /** The weights of a convolution [filters, C/groups, K…], transposed [C, filters/groups, K…]. */
  private static Value windowWeights(Layer layer, ConvOptions o, long filters, boolean transposed) {
    long channels = layer.input().shape().dim(1);
    layer.require(
        filters > 0 && channels % o.groups() == 0 && filters % o.groups() == 0,
        channels + " channels and " + filters + " filters in " + o.groups() + " groups");
    long taps = o.window().taps();
    long in = channels / o.groups();
    long out = filters / o.groups();
    List<Integer> kernel = o.window().kernel();
    return layer.weights(
        o.weights(),
        in * taps,
        out * taps,
        transposed ? Layer.dims(channels, out, kernel) : Layer.dims(filters, in, kernel));
  }

  /** {@link ConvTranspose} over images. Weights are [C, filters/groups, K, K]. */
  default Flow convTranspose2d(long filters, int kernel, UnaryOperator<ConvOptions> options) {
    Layer layer = ((Flow) this).begin("conv_transpose2d");
    ConvOptions o = layer.check(() -> options.apply(ConvOptions.of(List.of(kernel, kernel))));
    layer.requireSpatial(2);
    Value weights = windowWeights(layer, o, filters, true);
    Epilogue epilogue = o.bias() ? Epilogue.BIAS : Epilogue.NONE;
    ConvTranspose op = new ConvTranspose(o.window(), o.outputPadding(), o.groups(), epilogue);
    return o.bias()
        ? layer.result(op, layer.input(), weights, layer.bias(filters))
        : layer.result(op, layer.input(), weights);
  }

  /** As {@link #partialConv2d(int[][], int, UnaryOperator)}, stride 1, no padding, with bias. */
  default Flow partialConv2d(int[][] table, int kernel) {
    return partialConv2d(table, kernel, o -> o);
  }

  /**
   * A convolution whose filters each see only some channels: filter f those in {@code table[f]}, as
   * layer C3 of LeNet-5 (LeCun et al. 1998, table I). Parameters of filter f: {@code f.weight} [1,
   * table[f].length, K, K] and {@code f.bias} [1], with f counted from 0.
   */
  default Flow partialConv2d(int[][] table, int kernel, UnaryOperator<ConvOptions> options) {
    Layer layer = ((Flow) this).begin("partial_conv2d");
    layer.requireSpatial(2);
    ConvOptions o = layer.check(() -> options.apply(ConvOptions.of(List.of(kernel, kernel))));
    layer.require(o.groups() == 1, "a table instead of groups");
    List<Value> maps = new ArrayList<>();
    for (int f = 0; f < table.length; f++) {
      maps.add(filter(layer, o, f, table[f]));
    }
    return layer.result(new Concat(1), maps);
  }

  private static Value filter(Layer layer, ConvOptions o, int f, int[] channels) {
    List<Value> seen = new ArrayList<>();
    for (int i = 0; i < channels.length; i++) {
      long c = channels[i];
      layer.require(
          c >= 0 && c < layer.input().shape().dim(1),
          "filter " + f + " of the table wants channel " + c);
      Slice slice = new Slice(List.of(1), List.of(c), List.of(c + 1), List.of(1L));
      seen.add(layer.part(f + "_" + i, slice, layer.input()));
    }
    Value maps = layer.partAll(f + "_maps", new Concat(1), seen);
    long taps = o.window().taps();
    Value weights =
        layer.parameter(
            f + ".weight",
            o.weights().orElse(layer.initialization().weights()),
            seen.size() * taps,
            taps,
            Layer.dims(1, seen.size(), o.window().kernel()));
    if (!o.bias()) {
      return layer.part("" + f, new Conv(o.window(), 1, Epilogue.NONE), maps, weights);
    }
    Value bias = layer.parameter(f + ".bias", layer.initialization().bias(), 1, 1, 1);
    return layer.part("" + f, new Conv(o.window(), 1, Epilogue.BIAS), maps, weights, bias);
  }

  /** A fully connected layer with bias over N, features (or …, features): {@link Gemm}. */
  default Flow dense(long units) {
    return dense(units, true);
  }

  /**
   * A fully connected layer over N, features (or …, features): {@code y = x·Wᵀ + b}. Parameters:
   * {@code weight} [units, features], {@code bias} [units].
   */
  default Flow dense(long units, boolean bias) {
    Layer layer = ((Flow) this).begin("dense");
    Value x = layer.input();
    layer.require(
        units > 0 && x.shape().rank() >= 2 && x.shape().rank() <= 3,
        units + " units on features of shape N, F; flatten images first");
    long features = x.shape().dim(-1);
    Value weights =
        layer.weights(java.util.Optional.empty(), features, units, new long[] {units, features});
    return bias
        ? layer.result(Gemm.dense(Epilogue.BIAS), x, weights, layer.bias(units))
        : layer.result(Gemm.dense(Epilogue.NONE), x, weights);
  }

  /** {@link BatchNorm} with PyTorch's epsilon 1e-5. */
  default Flow batchNorm() {
    return batchNorm(1e-5f);
  }

  /**
   * {@link BatchNorm}. Parameters: {@code weight} (the scale), {@code bias} (the shift); running
   * statistics: {@code running_mean}, {@code running_var}; all [C].
   */
  default Flow batchNorm(float epsilon) {
    Layer layer = ((Flow) this).begin("batch_norm");
    long c = layer.channels();
    Initialization first = layer.initialization();
    return layer.result(
        layer.check(() -> new BatchNorm(epsilon, Activation.NONE)),
        layer.input(),
        layer.parameter("weight", first.scale(), 1, 1, c),
        layer.parameter("bias", first.shift(), 1, 1, c),
        layer.state("running_mean", first.mean(), c),
        layer.state("running_var", first.variance(), c));
  }

  /** A learned factor and summand for each channel, as in LeNet-5's subsampling: a·x + b. */
  default Flow scale() {
    Layer layer = ((Flow) this).begin("scale");
    long[] dims = new long[layer.input().shape().rank() - 1];
    Arrays.fill(dims, 1);
    dims[0] = layer.channels();
    Initialization first = layer.initialization();
    Value factor = layer.parameter("weight", first.scale(), 1, 1, dims);
    Value summand = layer.parameter("bias", first.shift(), 1, 1, dims);
    return layer.result(
        Binary.of(Binary.Kind.ADD),
        layer.part("product", Binary.of(Binary.Kind.MUL), layer.input(), factor),
        summand);
  }

  /** A learned summand for each unit, not shared between positions: parameter {@code bias}. */
  default Flow unitBias() {
    Layer layer = ((Flow) this).begin("unit_bias");
    Shape x = layer.input().shape();
    layer.require(x.rank() >= 2, "an input N, C, …");
    long[] dims = Arrays.copyOfRange(x.dims(), 1, x.rank());
    Value bias = layer.parameter("bias", layer.initialization().bias(), 1, 1, dims);
    return layer.result(Binary.of(Binary.Kind.ADD), layer.input(), bias);
  }

  /** Response normalisation across channels: {@link Lrn}. */
  default Flow lrn(int size, float alpha, float beta, float k) {
    Layer layer = ((Flow) this).begin("lrn");
    return layer.result(layer.check(() -> new Lrn(size, alpha, beta, k, false)), layer.input());
  }

  /** Squared distances to fixed centres: {@code y_i = Σ_j (x_j - c_ij)²}, as LeNet-5's output. */
  default Flow radialBasis(io.striate.tensor.Tensor centres) {
    Layer layer = ((Flow) this).begin("radial_basis");
    Value x = layer.part("row", new io.striate.op.Unsqueeze(List.of(1)), layer.input());
    Value difference =
        layer.part("difference", Binary.of(Binary.Kind.SUB), x, layer.fixed("centres", centres));
    Value square = layer.part("square", Binary.of(Binary.Kind.MUL), difference, difference);
    return layer.result(
        new io.striate.op.Reduce(
            io.striate.op.Reduce.Kind.SUM, Collections.singletonList(2), false),
        square);
  }
}
