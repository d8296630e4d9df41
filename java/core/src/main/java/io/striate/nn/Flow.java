package io.striate.nn;

import io.striate.graph.Value;
import io.striate.op.Op;
import io.striate.tensor.Shape;
import java.util.List;

/**
 * A value in a {@link Network} under construction, and the layers that can be put on it; each gives
 * the value behind it. Shapes are checked at once: a mistake is an {@link IllegalArgumentException}
 * that names the layer, what it expects and what it was given.
 *
 * <p>A layer is named after its type and a number, {@code conv2d_1}, unless {@link #named} names
 * it.
 */
public final class Flow
    implements ProductLayers, FixedLayers, PoolLayers, ActivationLayers, ShapeLayers {
  private final Network network;
  private final Value value;
  private final String nextName;

  Flow(Network network, Value value, String nextName) {
    this.network = network;
    this.value = value;
    this.nextName = nextName;
  }

  /** The same value; the next layer put on it gets this name, which must be unique. */
  public Flow named(String name) {
    if (name.isEmpty() || name.contains(Layers.PART)) {
      throw new IllegalArgumentException(
          "layer name '" + name + "' must not be empty or contain '" + Layers.PART + "'");
    }
    return new Flow(network, value, name);
  }

  /** The value's shape; a batch of any size shows as 1. */
  public Shape shape() {
    return value.shape();
  }

  /** Dimension 1: the number of channels, or of features. */
  public long channels() {
    return shape().dim(1);
  }

  /** The network it belongs to. */
  public Network network() {
    return network;
  }

  /** The model with this value as its only output. */
  public Model build() {
    return network.build(this);
  }

  /** Any op that takes this value first, then values of the same network. */
  public Flow apply(Op op, Flow... others) {
    return begin(op.type()).result(op, network.values(this, others));
  }

  /** As above, under a type of its own. */
  Flow apply(String type, Op op) {
    return begin(type).result(op, value);
  }

  /** Begins a layer of this type on the value. */
  Layer begin(String type) {
    return new Layer(this, type, nextName.isEmpty() ? network.automaticName(type) : nextName);
  }

  Value value() {
    return value;
  }

  List<Value> with(Flow... others) {
    return network.values(this, others);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
