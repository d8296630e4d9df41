package io.striate.tensor;

import io.striate.base.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A view of off-heap memory with type, shape and layout. The memory belongs to whoever opened its
 * arena; a tensor is only a view and needs no closing. Use after that arena was closed is an {@link
 * IllegalStateException}.
 */
public record Tensor(TensorDesc desc, MemorySegment data) {
  /**
   * Alignment of every tensor that Striate allocates, in bytes: one cache line, one AVX-512
   * register.
   */
  public static final long ALIGNMENT = Memory.ALIGNMENT;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** Checks that the memory holds every element. */
  public Tensor {
    desc.checkFits("tensor", data);
  }

  /** A zeroed tensor whose memory lives as long as {@code arena}. */
  public static Tensor allocate(Arena arena, TensorDesc desc) {
    return new Tensor(desc, Memory.allocate(Math.max(ALIGNMENT, desc.spanBytes()), arena));
  }

  /**
   * A dense f32 tensor that holds a copy of {@code values}; its memory is freed when it becomes
   * unreachable.
   */
  public static Tensor of(Shape shape, float... values) {
    if (shape.elements() != values.length) {
      throw new IllegalArgumentException(
          "shape "
              + shape
              + " has "
              + shape.elements()
              + " elements, but "
              + values.length
              + " values were given");
    }
    Tensor tensor = allocate(Arena.ofAuto(), TensorDesc.f32(shape));
    MemorySegment.copy(values, 0, tensor.data, FLOAT, 0, values.length);
    return tensor;
  }

  /** The logical shape. */
  public Shape shape() {
    return desc.shape();
  }

  /** Element at the logical index, f32 only. */
  public float get(long... index) {
    return data.get(FLOAT, elementOffset(index) * Float.BYTES);
  }

  /** Sets the element at the logical index, f32 only. */
  public void set(float value, long... index) {
    data.set(FLOAT, elementOffset(index) * Float.BYTES, value);
  }

  private long elementOffset(long... index) {
    requireF32();
    if (index.length != shape().rank()) {
      throw new IllegalArgumentException(index.length + " indices for shape " + shape());
    }
    long at = desc.layout().offset();
    for (int i = 0; i < index.length; i++) {
      if (index[i] < 0 || index[i] >= shape().dim(i)) {
        throw new IllegalArgumentException(
            "index " + index[i] + " is outside axis " + i + " of shape " + shape());
      }
      at += index[i] * desc.layout().stride(i);
    }
    return at;
  }

  /**
   * A copy of all elements in row-major order of the logical shape, whatever the layout; f32 only.
   */
  public float[] toArray() {
    requireF32();
    float[] out = new float[Math.toIntExact(shape().elements())];
    if (desc.layout().isRowMajor(shape())) {
      MemorySegment.copy(data, FLOAT, desc.layout().offset() * Float.BYTES, out, 0, out.length);
    } else {
      gather(0, desc.layout().offset(), out, 0);
    }
    return out;
  }

  private int gather(int axis, long at, float[] out, int next) {
    if (axis == shape().rank()) {
      out[next] = data.get(FLOAT, at * Float.BYTES);
      return next + 1;
    }
    long stride = desc.layout().stride(axis);
    for (long i = 0; i < shape().dim(axis); i++) {
      next = gather(axis + 1, at + i * stride, out, next);
    }
    return next;
  }

  /** Copies {@code values}, in row-major order of the logical shape, into this tensor; f32 only. */
  public Tensor copyFrom(float... values) {
    requireF32();
    if (values.length != shape().elements()) {
      throw new IllegalArgumentException(
          values.length
              + " values for shape "
              + shape()
              + " of "
              + shape().elements()
              + " elements");
    }
    if (desc.layout().isRowMajor(shape())) {
      MemorySegment.copy(
          values, 0, data, FLOAT, desc.layout().offset() * Float.BYTES, values.length);
    } else {
      scatter(0, desc.layout().offset(), values, 0);
    }
    return this;
  }

  private int scatter(int axis, long at, float[] values, int next) {
    if (axis == shape().rank()) {
      data.set(FLOAT, at * Float.BYTES, values[next]);
      return next + 1;
    }
    long stride = desc.layout().stride(axis);
    for (long i = 0; i < shape().dim(axis); i++) {
      next = scatter(axis + 1, at + i * stride, values, next);
    }
    return next;
  }

  private void requireF32() {
    if (desc.dtype() != DType.F32) {
      throw new IllegalArgumentException("this accessor reads F32 tensors, not " + desc.dtype());
    }
  }

  @Override
  public String toString() {
    return "Tensor[" + desc + "]";
  }
}
