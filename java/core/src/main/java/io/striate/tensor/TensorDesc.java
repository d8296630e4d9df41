package io.striate.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Type, logical shape and physical layout of a tensor: all that a kernel needs to know before it is
 * given memory.
 */
public record TensorDesc(DType dtype, Shape shape, Layout layout) {

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
    if (layout.first(shape) < 0) {
      throw new IllegalArgumentException(
          "layout " + layout + " of shape " + shape + " begins before its memory");
    }
    layout.end(shape);
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
   * disjoint ranges and for channel ranges interleaved at one pitch; otherwise it may say true for
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
    if (dtype == other.dtype
        && layout.isChannelsLast(shape)
        && other.layout.isChannelsLast(other.shape)) {
      long pitch = layout.pitch(shape) * dtype.bytes();
      if (pitch == other.layout.pitch(other.shape) * dtype.bytes()) {
        long distance = Math.floorMod(b0 - a0, pitch);
        return !(distance >= shape.dim(1) * dtype.bytes()
            && distance + other.shape.dim(1) * dtype.bytes() <= pitch);
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return dtype + " " + shape + " " + layout;
  }
}
