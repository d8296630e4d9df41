package io.striate.nn;

import io.striate.op.GlobalPool;
import io.striate.op.Identity;
import io.striate.op.Pool;
import io.striate.op.Resize;
import io.striate.op.Window;
import io.striate.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;

/** Pooling layers. Part of {@link Flow}. */
sealed interface PoolLayers permits Flow {

  /** Maxima over windows of a sequence. */
  default Flow maxPool1d(int size, UnaryOperator<PoolOptions> options) {
    return pool("max_pool1d", 1, size, options, o -> Pool.max(o.window()));
  }

  /** Maxima over windows of this size and stride. */
  default Flow maxPool2d(int size) {
    return maxPool2d(size, o -> o);
  }

  /** Maxima over windows. */
  default Flow maxPool2d(int size, UnaryOperator<PoolOptions> options) {
    return pool("max_pool2d", 2, size, options, o -> Pool.max(o.window()));
  }

  /** Maxima over windows of a volume. */
  default Flow maxPool3d(int size, UnaryOperator<PoolOptions> options) {
    return pool("max_pool3d", 3, size, options, o -> Pool.max(o.window()));
  }

  /** Means over windows of a sequence. */
  default Flow averagePool1d(int size, UnaryOperator<PoolOptions> options) {
    return pool("average_pool1d", 1, size, options, PoolLayers::average);
  }

  /** Means over windows of this size and stride. */
  default Flow averagePool2d(int size) {
    return averagePool2d(size, o -> o);
  }

  /** Means over windows. */
  default Flow averagePool2d(int size, UnaryOperator<PoolOptions> options) {
    return pool("average_pool2d", 2, size, options, PoolLayers::average);
  }

  /** Means over windows of a volume. */
  default Flow averagePool3d(int size, UnaryOperator<PoolOptions> options) {
    return pool("average_pool3d", 3, size, options, PoolLayers::average);
  }

  /** (Σ|x|^p)^(1/p) over windows; p = 2 is L2-norm pooling. */
  default Flow lpPool2d(float p, int size, UnaryOperator<PoolOptions> options) {
    return pool("lp_pool2d", 2, size, options, o -> Pool.lp(o.window(), p));
  }

  /** Averages with the given non-negative weights [K, K] over windows. */
  default Flow weightedPool2d(Tensor weights, UnaryOperator<PoolOptions> options) {
    Layer layer = ((Flow) this).begin("weighted_pool2d");
    layer.requireSpatial(2);
    layer.require(weights.shape().rank() == 2, "weights of shape " + weights.shape());
    List<Integer> kernel = List.of((int) weights.shape().dim(0), (int) weights.shape().dim(1));
    PoolOptions o = layer.check(() -> options.apply(PoolOptions.of(kernel)));
    return layer.result(
        Pool.weighted(o.window()).withCeilMode(o.ceil()),
        layer.input(),
        layer.fixed("window", weights));
  }

  /** The mean over all positions: N, C, 1…. */
  default Flow globalAveragePool() {
    return ((Flow) this).apply("global_average_pool", GlobalPool.average());
  }

  /** The maximum over all positions: N, C, 1…. */
  default Flow globalMaxPool() {
    return ((Flow) this).apply("global_max_pool", GlobalPool.max());
  }

  /**
   * Means over {@code size}×{@code size} parts of the image. The sides must be multiples of the
   * size, or divide it: then positions are repeated, as in PyTorch. The identity on an image of
   * that size.
   */
  default Flow adaptiveAveragePool2d(int size) {
    Layer layer = ((Flow) this).begin("adaptive_average_pool2d");
    layer.requireSpatial(2);
    long h = layer.input().shape().dim(2);
    long w = layer.input().shape().dim(3);
    boolean divides = size >= 1 && h % size == 0 && w % size == 0;
    layer.require(
        divides || (size >= 1 && size % h == 0 && size % w == 0),
        "an input whose sides are multiples of "
            + size
            + " or both divide it; choose another image size");
    if (h == size && w == size) {
      return layer.result(new Identity(), layer.input());
    }
    if (divides) {
      Integer[] kernel = {(int) (h / size), (int) (w / size)};
      return layer.result(Pool.average(Window.of(kernel).withStride(kernel)), layer.input());
    }
    List<Long> sides = List.of((long) size, (long) size);
    return layer.result(
        new Resize(
            Resize.Mode.NEAREST,
            Resize.Coordinates.ASYMMETRIC,
            Resize.Nearest.FLOOR,
            sides,
            List.of()),
        layer.input());
  }

  private static Pool average(PoolOptions o) {
    return o.countsPadding() ? Pool.averageIncludePad(o.window()) : Pool.average(o.window());
  }

  /** From options to the op. */
  @FunctionalInterface
  interface Kind {
    /** The op. */
    Pool pool(PoolOptions options);
  }

  private Flow pool(
      String type, int rank, int size, UnaryOperator<PoolOptions> options, Kind kind) {
    Layer layer = ((Flow) this).begin(type);
    layer.requireSpatial(rank);
    Pool op =
        layer.check(
            () -> {
              PoolOptions o = options.apply(PoolOptions.of(Collections.nCopies(rank, size)));
              return kind.pool(o).withCeilMode(o.ceil());
            });
    return layer.result(op, layer.input());
  }
}
