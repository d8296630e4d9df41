package io.striate.graph;

import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The data of a constant of a graph, and what it is for. Data may be made on demand, so that a
 * network of half a gigabyte can be described, counted and given other weights without it. Safe for
 * use by several threads.
 */
public final class Constant {

  /** What a constant is for. */
  public enum Role {
    /** Learned in training: weights, biases, scales. */
    PARAMETER,
    /** Followed in training, but not learned: running means and variances. */
    STATE,
    /** Part of the architecture. */
    FIXED
  }

  private final Role role;
  private final TensorDesc desc;
  private final Supplier<Tensor> source;
  private @Nullable Tensor made;

  private Constant(Role role, TensorDesc desc, Supplier<Tensor> source) {
    this.role = role;
    this.desc = desc;
    this.source = source;
  }

  /** A constant with this data, whose memory must stay valid as long as the constant is used. */
  public static Constant of(Role role, Tensor data) {
    return new Constant(role, data.desc(), () -> data);
  }

  /** A constant whose dense f32 data is made when it is first asked for, and then kept. */
  public static Constant deferred(Role role, Shape shape, Supplier<Tensor> source) {
    return new Constant(role, TensorDesc.f32(shape), source);
  }

  /** What it is for. */
  public Role role() {
    return role;
  }

  /** The type of its elements. */
  public DType dtype() {
    return desc.dtype();
  }

  /** Its shape, known without its data. */
  public Shape shape() {
    return desc.shape();
  }

  /** Type, shape and layout, known without its data. */
  public TensorDesc desc() {
    return desc;
  }

  /** Its data. */
  public synchronized Tensor data() {
    if (made == null) {
      Tensor data = source.get();
      if (!data.desc().equals(desc)) {
        throw new IllegalStateException("a constant " + desc + " was made as " + data.desc());
      }
      made = data;
    }
    return Objects.requireNonNull(made);
  }
}
