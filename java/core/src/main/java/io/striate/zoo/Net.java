package io.striate.zoo;

import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.Dropout;
import io.striate.op.Epilogue;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.GlobalPool;
import io.striate.op.Lrn;
import io.striate.op.Pool;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A graph builder with the layers that the classic architectures use; weights are He-normal from a
 * seed and the layer's name, so an architecture is the same on every machine.
 */
final class Net {
  private final Graph.Builder graph;
  private final long seed;

  Net(String name, long seed) {
    this.graph = Graph.builder(name);
    this.seed = seed;
  }

  Value input(long channels, long size) {
    return graph.input("input", Shape.of(Shape.DYNAMIC, channels, size, size));
  }

  Graph output(Value v) {
    return graph.output(v).build();
  }

  /** Normal values with deviation √(2/fanIn): He et al., arXiv:1502.01852. */
  private Value normal(String name, long fanIn, long... dims) {
    return graph.constant(name, gaussian(name, Math.sqrt(2.0 / fanIn), 0, dims));
  }

  private Tensor gaussian(String name, double deviation, double mean, long... dims) {
    SplittableRandom random = new SplittableRandom(seed * 31 + name.hashCode());
    float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return Tensor.of(Shape.of(dims), values);
  }

  private Value filled(String name, float value, long size) {
    float[] values = new float[Math.toIntExact(size)];
    Arrays.fill(values, value);
    return graph.constant(name, Tensor.of(Shape.of(size), values));
  }

  /** Convolution with bias. */
  Value conv(String name, Value x, long channels, int kernel, int stride, int padding) {
    Window window = Window.of(kernel, kernel).withStride(stride).withPadding(padding);
    long in = x.shape().dim(1);
    Value w = normal(name + ".weight", in * kernel * kernel, channels, in, kernel, kernel);
    Value b = graph.constant(name + ".bias", gaussian(name + ".bias", 0.05, 0, channels));
    return graph.add(name, new Conv(window, 1, Epilogue.BIAS), x, w, b);
  }

  /** Convolution with bias, then ReLU. */
  Value convRelu(String name, Value x, long channels, int kernel, int stride, int padding) {
    return relu(name + ".relu", conv(name, x, channels, kernel, stride, padding));
  }

  /** Convolution without bias, then batch normalisation. */
  Value convBn(String name, Value x, long channels, int kernel, int stride, int groups) {
    Window window = Window.of(kernel, kernel).withStride(stride).withPadding(kernel / 2);
    long in = x.shape().dim(1) / groups;
    Value w = normal(name + ".weight", in * kernel * kernel, channels, in, kernel, kernel);
    Value y = graph.add(name, new Conv(window, groups, Epilogue.NONE), x, w);
    return graph.add(
        name + ".bn",
        new BatchNorm(1e-5f, Activation.NONE),
        y,
        graph.constant(name + ".bn.scale", gaussian(name + ".bn.scale", 0.1, 1, channels)),
        graph.constant(name + ".bn.shift", gaussian(name + ".bn.shift", 0.1, 0, channels)),
        graph.constant(name + ".bn.mean", gaussian(name + ".bn.mean", 0.1, 0, channels)),
        filled(name + ".bn.variance", 1, channels));
  }

  Value relu(String name, Value x) {
    return activation(name, x, Activation.RELU);
  }

  Value activation(String name, Value x, Activation activation) {
    return graph.add(name, new Unary(activation), x);
  }

  Value maxPool(String name, Value x, int kernel, int stride, int padding, boolean ceil) {
    Window window = Window.of(kernel, kernel).withStride(stride).withPadding(padding);
    return graph.add(name, Pool.max(window).withCeilMode(ceil), x);
  }

  Value averagePool(String name, Value x, int kernel, int stride) {
    return graph.add(name, Pool.average(Window.of(kernel, kernel).withStride(stride)), x);
  }

  Value globalAveragePool(String name, Value x) {
    return graph.add(name, GlobalPool.average(), x);
  }

  Value lrn(String name, Value x) {
    return graph.add(name, new Lrn(5, 1e-4f, 0.75f, 1, false), x);
  }

  Value add(String name, Value a, Value b) {
    return graph.add(name, Binary.of(Binary.Kind.ADD), a, b);
  }

  Value concat(String name, Value... parts) {
    return graph.addAll(name, new Concat(1), List.of(parts)).get(0);
  }

  Value flatten(String name, Value x) {
    return graph.add(name, new Flatten(1), x);
  }

  Value dropout(String name, Value x, float ratio) {
    return graph.add(name, new Dropout(ratio), x);
  }

  Value dense(String name, Value x, long units) {
    long in = x.shape().dim(1);
    Value w = normal(name + ".weight", in, units, in);
    Value b = graph.constant(name + ".bias", gaussian(name + ".bias", 0.05, 0, units));
    return graph.add(name, Gemm.dense(Epilogue.BIAS), x, w, b);
  }
}
