package io.striate.graph;

import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.util.Objects;
import java.util.Optional;
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

  /** Whether data is kept once it was made. */
  private enum Keep {
    ALWAYS,
    /** Only where it was asked for without an arena, and may have been changed since. */
    IF_HANDED_OUT,
    NEVER
  }

  private final Role role;
  private final TensorDesc desc;
  private final Function<Arena, Tensor> source;
  private final Keep keep;
  private final Optional<long[]> fingerprint;
  private @Nullable Tensor made;

  private Constant(
      Role role,
      TensorDesc desc,
      Function<Arena, Tensor> source,
      Keep keep,
      Optional<long[]> fingerprint) {
    this.role = role;
    this.desc = desc;
    this.source = source;
    this.keep = keep;
    this.fingerprint = fingerprint;
  }

  /** A constant with this data, whose memory must stay valid as long as the constant is used. */
  public static Constant of(Role role, Tensor data) {
    return new Constant(role, data.desc(), _ -> data, Keep.ALWAYS, Optional.empty());
  }

  /** A constant whose dense f32 data is made when it is first asked for, and then kept. */
  public static Constant deferred(Role role, Shape shape, Supplier<Tensor> source) {
    return new Constant(
        role, TensorDesc.f32(shape), _ -> source.get(), Keep.ALWAYS, Optional.empty());
  }

  /**
   * A constant whose dense f32 data is computed from that of others whenever it is asked for, and
   * not kept: beside the others and what kernels make of it, it takes no memory.
   *
   * @param source makes it in an arena; may be called by several threads at once
   */
  public static Constant derived(Role role, Shape shape, Function<Arena, Tensor> source) {
    return new Constant(role, TensorDesc.f32(shape), source, Keep.NEVER, Optional.empty());
  }

  /**
   * A constant whose dense f32 data is read from a file, every time that it is asked for with an
   * arena; {@link #data()} keeps it.
   *
   * @param source reads it into an arena, for the caller alone; may be called by several threads at
   *     once
   * @param fingerprint as {@link #fingerprint}, where it is known
   */
  public static Constant stored(
      Role role, Shape shape, Function<Arena, Tensor> source, Optional<long[]> fingerprint) {
    return new Constant(
        role, TensorDesc.f32(shape), source, Keep.IF_HANDED_OUT, fingerprint.map(long[]::clone));
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
    return keep == Keep.NEVER ? make(Arena.ofAuto()) : kept();
  }

  /** Its data, to be used until {@code arena} is closed and no longer. */
  public Tensor data(Arena arena) {
    return inMemory() ? kept() : make(arena);
  }

  /**
   * Its data in {@code arena} for the caller alone, who may write into it; empty if that would take
   * a copy.
   */
  Optional<Tensor> own(Arena arena) {
    return keep == Keep.IF_HANDED_OUT && !inMemory() ? Optional.of(make(arena)) : Optional.empty();
  }

  /**
   * Two checksums in one number, CRC-32 above CRC-32C, of every 2 MiB of its data, if they are
   * known without it.
   */
  public Optional<long[]> fingerprint() {
    return inMemory() ? Optional.empty() : fingerprint.map(long[]::clone);
  }

  private synchronized boolean inMemory() {
    return keep == Keep.ALWAYS || made != null;
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
