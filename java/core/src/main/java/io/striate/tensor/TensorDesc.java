package io.striate.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Type, logical shape and physical layout of a tensor: all that a kernel needs to know before it is
 * given memory.
 */
public record TensorDesc(DType dtype, Shape shape, Layout layout) {
  private static final long MOST_ELEMENTS = 1L << 48;

  /** Checks that the layout fits the shape. */
  public TensorDesc {
    Objects.requireNonNull(dtype, "dtype");
    if (shape.isDynamic()) {
      throw new IllegalArgumentException(
          "a tensor in memory needs a fixed batch, not shape " + shape);
    }
    if (layout.rank() != shape.rank()) {
      throw new IllegalArgumentException(
          "layout "
              + layout
              + " has "
              + layout.rank()
              + " strides for shape "
              + shape
              + " of rank "
              + shape.rank());
    }
    long first;
    long end;
    try {
      first = layout.first(shape);
      end = layout.end(shape);
    } catch (ArithmeticException overflow) {
      throw unaddressable(shape, layout, overflow);
    }
    if (first < 0) {
      throw new IllegalArgumentException(
          "layout " + layout + " of shape " + shape + " begins before its memory");
    }
    if (end > MOST_ELEMENTS) {
      throw unaddressable(shape, layout, null);
    }
  }

  /** Written out as in {@code io.striate.graph.Value}: plans compare descriptions. */
  @Override
  public boolean equals(Object other) {
    return other instanceof TensorDesc that
        && dtype == that.dtype
        && shape.equals(that.shape)
        && layout.equals(that.layout);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * dtype.hashCode() + shape.hashCode()) + layout.hashCode();
  }

  private static IllegalArgumentException unaddressable(
      Shape shape, Layout layout, @Nullable ArithmeticException cause) {
    return new IllegalArgumentException(
        "layout "
            + layout
            + " of shape "
            + shape
            + " reaches beyond 2^48 elements, more than any memory has",
        cause);
  }

  /** A dense f32 tensor, last dimension fastest. */
  public static TensorDesc f32(Shape shape) {
    return new TensorDesc(DType.F32, shape, Layout.rowMajor(shape));
  }

  /** An f32 tensor with the given layout. */
  public static TensorDesc f32(Shape shape, Layout layout) {
    return new TensorDesc(DType.F32, shape, layout);
  }

  /** Bytes from the start of the memory to the end of the last element. */
  public long spanBytes() {
    return layout.end(shape) * dtype.bytes();
  }

  /** Throws unless {@code memory} holds every element. */
  public void checkFits(String name, MemorySegment memory) {
    if (memory.byteSize() < spanBytes()) {
      throw new IllegalArgumentException(
          name
              + ": "
              + this
              + " needs "
              + spanBytes()
              + " bytes, but the memory has "
              + memory.byteSize());
    }
  }

  /**
   * Whether a tensor described by this at {@code memory} and another share an element. Exact for
   * disjoint ranges and for parts of one tensor (equal strides); otherwise it may say true for
   * tensors that only interleave.
   */
  public boolean overlaps(MemorySegment memory, TensorDesc other, MemorySegment otherMemory) {
    if (!memory.isNative() || !otherMemory.isNative()) {
      return false;
    }
    long a0 = memory.address() + layout.first(shape) * dtype.bytes();
    long a1 = memory.address() + layout.end(shape) * dtype.bytes();
    long b0 = otherMemory.address() + other.layout.first(other.shape) * other.dtype.bytes();
    long b1 = otherMemory.address() + other.layout.end(other.shape) * other.dtype.bytes();
    if (a1 <= b0 || b1 <= a0) {
      return false;
    }
    boolean apart =
        dtype == other.dtype
            && (b0 - a0) % dtype.bytes() == 0
            && interleaves(other, (b0 - a0) / dtype.bytes());
    return !apart;
  }

  /**
   * Whether two tensors of equal strides, the other one beginning {@code distance} elements further
   * on, are known to share no element: no index difference along the axes adds up to the distance.
   */
  private boolean interleaves(TensorDesc other, long distance) {
    int rank = shape.rank();
    if (other.shape.rank() != rank) {
      return false;
    }
    Integer[] axes = new Integer[rank];
    for (int i = 0; i < rank; i++) {
      axes[i] = i;
      boolean single = shape.dim(i) == 1 && other.shape.dim(i) == 1;
      if (!single && (layout.stride(i) != other.layout.stride(i) || layout.stride(i) < 1)) {
        return false;
      }
    }
    Arrays.sort(axes, Comparator.comparingLong((Integer i) -> -layout.stride(i)));
    return !reachable(other, axes, 0, distance);
  }

  /** Whether index differences along axes[at…], largest stride first, can add up to distance. */
  private boolean reachable(TensorDesc other, Integer[] axes, int at, long distance) {
    if (at == axes.length) {
      return distance == 0;
    }
    int axis = axes[at];
    long least = -(other.shape.dim(axis) - 1);
    long most = shape.dim(axis) - 1;
    if (least == 0 && most == 0) {
      return reachable(other, axes, at + 1, distance);
    }
    long inner = 0;
    for (int i = at + 1; i < axes.length; i++) {
      long size = Math.max(shape.dim(axes[i]), other.shape.dim(axes[i]));
      inner += size == 1 ? 0 : (size - 1) * layout.stride(axes[i]);
    }
    long stride = layout.stride(axis);
    if (inner >= 2 * stride) {
      return true; // not nested: too many combinations, assume the worst
    }
    for (long k = Math.floorDiv(distance - inner, stride); k * stride <= distance + inner; k++) {
      if (k >= least && k <= most && reachable(other, axes, at + 1, distance - k * stride)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return dtype + " " + shape + " " + layout;
  }
}
