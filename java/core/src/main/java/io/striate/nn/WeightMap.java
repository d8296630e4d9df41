package io.striate.nn;

import io.striate.op.Op;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Says where the weights of a model are in a file: names and layouts of other frameworks.
 *
 * <p>Loading is strict: every weight of the model must be in the file with the right shape, and
 * every tensor of the file must be used, unless the map is {@link #lenient()}.
 */
public interface WeightMap {

  /**
   * A weight that a model needs.
   *
   * @param name its name in the model: that of the layer, a dot, and {@code weight}, {@code bias},
   *     {@code running_mean} or {@code running_var}
   * @param op the op that reads it
   * @param operand its place among the op's operands
   * @param flattened for the weights of a dense layer behind a flattening: the shape N, C, … before
   */
  record Target(String name, Shape shape, Op op, int operand, Optional<Shape> flattened) {

    /** The name up to the last dot. */
    public String layer() {
      return name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : "";
    }

    /** The name behind the last dot. */
    public String kind() {
      return name.substring(name.lastIndexOf('.') + 1);
    }
  }

  /**
   * Where it is.
   *
   * @param names the names it may have in the file; the first that exists counts
   * @param shape the shape it must have there
   * @param toModel from the file's layout to the model's; the result may be a view, and is used as
   *     long as the argument may be
   */
  record Source(List<String> names, Shape shape, UnaryOperator<Tensor> toModel) {

    private static final UnaryOperator<Tensor> AS_IT_IS = UnaryOperator.identity();

    /** The same shape and layout as in the model. */
    public static Source same(String name, Shape shape) {
      return same(List.of(name), shape);
    }

    /** The same shape and layout as in the model, under one of several names. */
    public static Source same(List<String> names, Shape shape) {
      return new Source(names, shape, AS_IT_IS);
    }

    /** Whether it is known that the model has the same values in the same order. */
    boolean isSame() {
      return toModel.equals(AS_IT_IS);
    }
  }

  /**
   * Where a weight is.
   *
   * @param index counts the model's weights in the order of its layers
   */
  Source source(Target target, int index);

  /** Whether a tensor of the file may stay unused. */
  default boolean ignores(String name) {
    return false;
  }

  /** Whether a weight that the file lacks may keep its first values. */
  default boolean mayLack(Target target) {
    return false;
  }

  /** Names and layouts of the model itself. */
  static WeightMap identity() {
    return (target, index) -> Source.same(target.name(), target.shape());
  }

  /** PyTorch and torchvision: the same, but for the counters of batch normalisation. */
  static WeightMap torchvision() {
    return new WeightMap() {
      @Override
      public Source source(Target target, int index) {
        List<String> names = List.of(target.name(), "module." + target.name());
        return Source.same(names, target.shape());
      }

      @Override
      public boolean ignores(String name) {
        return name.endsWith(".num_batches_tracked");
      }
    };
  }

  /**
   * Keras: names like {@code conv2d/kernel}, with {@code :0} behind or without; kernels are H, W,
   * I, O and dense weights in, out with channels last before the flattening. Arrays named {@code
   * arr_0}, {@code arr_1}, … as {@code numpy.savez(file, *model.get_weights())} writes them are
   * taken in order.
   */
  static WeightMap keras() {
    return new KerasWeights();
  }

  /** This map for a file whose names differ: {@code rename} gives the file's name for the map's. */
  default WeightMap renamed(UnaryOperator<String> rename) {
    return new RenamedWeights(this, rename, false);
  }

  /**
   * This map, but weights that the file lacks keep their first values, and tensors may be unused.
   */
  default WeightMap lenient() {
    return new RenamedWeights(this, UnaryOperator.identity(), true);
  }
}
