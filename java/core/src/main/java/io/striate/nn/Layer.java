package io.striate.nn;

import io.striate.graph.Constant;
import io.striate.graph.Constant.Role;
import io.striate.graph.Value;
import io.striate.op.Op;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/** A layer that is being added: its name, its parameters, its nodes. */
final class Layer {
  private final Network network;
  private final Flow input;
  private final String type;
  private final String name;

  Layer(Flow input, String type, String name) {
    this.network = input.network();
    this.input = input;
    this.type = type;
    this.name = name;
  }

  String name() {
    return name;
  }

  Value input() {
    return input.value();
  }

  /** Dimension 1 of the input. */
  long channels() {
    require(input.shape().rank() >= 2, "an input N, C, …");
    return input.shape().dim(1);
  }

  Initialization initialization() {
    return network.initialization();
  }

  /** The parameter {@code weight}. */
  Value weights(Optional<Initializer> own, long fanIn, long fanOut, long... dims) {
    return parameter("weight", own.orElse(initialization().weights()), fanIn, fanOut, dims);
  }

  /** The parameter {@code bias}. */
  Value bias(long size) {
    return parameter("bias", initialization().bias(), 1, 1, size);
  }

  /** The dimensions of weights. */
  static long[] dims(long first, long second, List<Integer> kernel) {
    return LongStream.concat(
            LongStream.of(first, second), kernel.stream().mapToLong(Integer::longValue))
        .toArray();
  }

  /** A parameter named {@code layer.suffix}. */
  Value parameter(String suffix, Initializer initializer, long fanIn, long fanOut, long... dims) {
    return constant(Role.PARAMETER, suffix, initializer, fanIn, fanOut, dims);
  }

  /** A running statistic named {@code layer.suffix}. */
  Value state(String suffix, Initializer initializer, long... dims) {
    return constant(Role.STATE, suffix, initializer, 1, 1, dims);
  }

  /** A constant of the architecture named {@code layer.suffix}. */
  Value fixed(String suffix, Tensor data) {
    return network.graph().constant(name + "." + suffix, data);
  }

  private Value constant(
      Role role, String suffix, Initializer initializer, long fanIn, long fanOut, long... dims) {
    String full = name + "." + suffix;
    Shape shape = shape(dims);
    long seed = network.seed() * 31 + full.hashCode();
    return network
        .graph()
        .constant(
            full,
            Constant.deferred(role, shape, () -> draw(shape, initializer, fanIn, fanOut, seed)));
  }

  private Shape shape(long... dims) {
    try {
      return Shape.of(dims);
    } catch (IllegalArgumentException e) {
      throw error(e);
    }
  }

  private static Tensor draw(
      Shape shape, Initializer initializer, long fanIn, long fanOut, long seed) {
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(shape));
    MemorySegment data = tensor.data();
    Initializer.Sampler values = initializer.sampler(fanIn, fanOut, new SplittableRandom(seed));
    for (long i = 0; i < shape.elements(); i++) {
      data.setAtIndex(ValueLayout.JAVA_FLOAT, i, values.next());
    }
    return tensor;
  }

  /** Adds an inner node, a part of the layer. */
  Value part(String part, Op op, Value... operands) {
    return partAll(part, op, List.of(operands));
  }

  /** Adds an inner node, a part of the layer. */
  Value partAll(String part, Op op, List<Value> operands) {
    return node(name + Layers.PART + part, op, operands);
  }

  /** Adds the node that gives the layer's result. */
  Flow result(Op op, Value... operands) {
    return result(op, List.of(operands));
  }

  /** Adds the node that gives the layer's result. */
  Flow result(Op op, List<Value> operands) {
    return new Flow(network, node(name, op, operands), "");
  }

  private Value node(String nodeName, Op op, List<Value> operands) {
    try {
      return network.graph().addAll(nodeName, op, new ArrayList<>(operands)).get(0);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw error(e);
    }
  }

  /** An error that names the layer and what it was given. */
  IllegalArgumentException error(Exception cause) {
    return new IllegalArgumentException(
        "layer " + name + " (" + type + ") on " + input.value() + ": " + cause.getMessage(), cause);
  }

  /** What {@code made} gives; its complaints get the layer's name. */
  <T> T check(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw error(e);
    }
  }

  /** Throws unless the input is what the layer expects. */
  void require(boolean holds, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(
          "layer "
              + name
              + " ("
              + type
              + ") expects "
              + expected
              + ", but "
              + input.value()
              + " was given");
    }
  }

  /** Throws unless the input has this many dimensions after batch and channels. */
  void requireSpatial(int rank) {
    String[] axes = {"", "W", "H, W", "D, H, W"};
    Shape x = input.shape();
    require(x.rank() == rank + 2, "an input N, C, " + axes[rank]);
  }
}
