package io.striate.nn;

import io.striate.graph.Value;
import io.striate.op.Concat;
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
   * Means over {@code size}×{@code size} parts of the image, whatever its sides, as in PyTorch.
   * Along an axis of length L, part i goes from {@code floor(i·L/size)} to {@code
   * ceil((i+1)·L/size)}: where {@code size} does not divide L, neighbours share positions, and on
   * images smaller than {@code size} positions are repeated. The identity on an image of that size.
   */
  default Flow adaptiveAveragePool2d(int size) {
    Layer layer = ((Flow) this).begin("adaptive_average_pool2d");
    layer.requireSpatial(2);
    layer.require(size > 0, "at least one part along each side, not " + size);
    long h = layer.input().shape().dim(2);
    long w = layer.input().shape().dim(3);
    if (h == size && w == size) {
      return layer.result(new Identity(), layer.input());
    }
    if (size % h == 0 && size % w == 0) {
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
    AdaptiveParts rows = new AdaptiveParts(h, size);
    AdaptiveParts columns = new AdaptiveParts(w, size);
    if (rows.isRegular() && columns.isRegular()) {
      Window window = Window.of(rows.length(0), columns.length(0));
      window = window.withStride(rows.stride(), columns.stride());
      return layer.result(Pool.average(window), layer.input());
    }
    Value strips = layer.partAll("rows", new Concat(2), rows.means(layer, layer.input(), 2));
    return layer.result(new Concat(3), columns.means(layer, strips, 3));
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
