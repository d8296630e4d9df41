package io.striate.graph;

import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.util.Objects;
import java.util.function.Function;
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
  private final Function<Arena, Tensor> source;
  private final boolean kept;
  private @Nullable Tensor made;

  private Constant(Role role, TensorDesc desc, Function<Arena, Tensor> source, boolean kept) {
    this.role = role;
    this.desc = desc;
    this.source = source;
    this.kept = kept;
  }

  /** A constant with this data, whose memory must stay valid as long as the constant is used. */
  public static Constant of(Role role, Tensor data) {
    return new Constant(role, data.desc(), _ -> data, true);
  }

  /** A constant whose dense f32 data is made when it is first asked for, and then kept. */
  public static Constant deferred(Role role, Shape shape, Supplier<Tensor> source) {
    return new Constant(role, TensorDesc.f32(shape), _ -> source.get(), true);
  }

  /**
   * A constant whose dense f32 data is computed from that of others whenever it is asked for, and
   * not kept: beside the others and what kernels make of it, it takes no memory.
   *
   * @param source makes it in an arena; may be called by several threads at once
   */
  public static Constant derived(Role role, Shape shape, Function<Arena, Tensor> source) {
    return new Constant(role, TensorDesc.f32(shape), source, false);
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
  public Tensor data() {
    return kept ? kept() : make(Arena.ofAuto());
  }

  /** Its data, to be used until {@code arena} is closed and no longer. */
  public Tensor data(Arena arena) {
    return kept ? kept() : make(arena);
  }

  private synchronized Tensor kept() {
    if (made == null) {
      made = make(Arena.ofAuto());
    }
    return Objects.requireNonNull(made);
  }

  private Tensor make(Arena arena) {
    Tensor data = source.apply(arena);
    if (!data.desc().equals(desc)) {
      throw new IllegalStateException("a constant " + desc + " was made as " + data.desc());
    }
    return data;
  }
}
