package io.striate.onnx;

import io.striate.graph.Constant;
import io.striate.graph.Constant.Role;
import io.striate.io.StoredTensor;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that is known when the model is loaded: an initializer, a constant, or a result of shape
 * arithmetic. Elements are row-major; floating-point types are widened or narrowed to f32, integers
 * and booleans are held as {@code long}. Unlike a {@link Shape}, dimensions may be 0.
 */
final class HostTensor {
  private static final long TOO_MANY = 1L << 31;

  private final int type;
  private final long[] dims;
  private final int count;
  private float @Nullable [] floats;
  private final long @Nullable [] ints;
  private final @Nullable ByteBuffer raw;
  private final @Nullable StoredTensor stored;

  private HostTensor(
      int type,
      long[] dims,
      float @Nullable [] floats,
      long @Nullable [] ints,
      @Nullable ByteBuffer raw,
      @Nullable StoredTensor stored) {
    this.stored = stored;
    this.type = type;
    this.dims = dims;
    this.count = Math.toIntExact(elements(dims));
    this.floats = floats;
    this.ints = ints;
    this.raw = raw;
    int given = floats != null ? floats.length : ints != null ? ints.length : count;
    if (given != count) {
      throw new IllegalArgumentException(
          given + " values for dimensions " + Arrays.toString(dims) + " of " + count + " elements");
    }
  }

  /** Elements of the given floating-point type. */
  static HostTensor ofFloats(int type, long[] dims, float... values) {
    return new HostTensor(type, dims.clone(), values, null, null, null);
  }

  /** Elements of the given integer type or of {@code bool}. */
  static HostTensor ofInts(int type, long[] dims, long... values) {
    return new HostTensor(type, dims.clone(), null, values, null, null);
  }

  /** A vector of int64. */
  static HostTensor vector(long... values) {
    return ofInts(ElementType.INT64, new long[] {values.length}, values);
  }

  /** f32 elements in little-endian bytes, decoded only when somebody looks at them. */
  static HostTensor ofRawFloats(long[] dims, ByteBuffer littleEndian) {
    return new HostTensor(ElementType.FLOAT, dims.clone(), null, null, littleEndian, null);
  }

  /** f32 elements that are in a file, and read only when somebody looks at them. */
  static HostTensor ofStored(StoredTensor stored) {
    return new HostTensor(ElementType.FLOAT, stored.shape().dims(), null, null, null, stored);
  }

  /**
   * Product of the dimensions.
   *
   * @throws IllegalArgumentException if one is negative or the product exceeds 2^31 - 1
   */
  static long elements(long[] dims) {
    long product = 1;
    for (long d : dims) {
      if (d < 0) {
        throw new IllegalArgumentException(
            "dimensions " + Arrays.toString(dims) + " hold a negative number");
      }
      product = d > 0 && product > Integer.MAX_VALUE / d ? TOO_MANY : product * d;
    }
    if (product > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "dimensions " + Arrays.toString(dims) + " have more than 2^31 - 1 elements");
    }
    return product;
  }

  int type() {
    return type;
  }

  long[] dims() {
    return dims.clone();
  }

  int rank() {
    return dims.length;
  }

  long dim(int axis) {
    return dims[axis];
  }

  int count() {
    return count;
  }

  boolean isFloat() {
    return ElementType.isFloat(type);
  }

  /** All elements of a floating-point tensor; not to be changed. */
  float[] floats() {
    if (ints != null) {
      throw new IllegalArgumentException("a floating-point tensor is needed, not " + this);
    }
    float @Nullable [] known = floats;
    if (known == null) {
      known = new float[count];
      if (stored != null) {
        try (Arena arena = Arena.ofShared()) {
          known = stored.read(arena).toArray();
        }
      } else if (raw != null) {
        raw.duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(known);
      }
      floats = known;
    }
    return known;
  }

  /** All elements of an integer or boolean tensor; not to be changed. */
  long[] ints() {
    if (ints == null) {
      throw new IllegalArgumentException("an integer tensor is needed, not " + this);
    }
    return ints;
  }

  /** Whether type, dimensions and every element are equal. */
  boolean sameAs(HostTensor other) {
    return this == other
        || (type == other.type
            && Arrays.equals(dims, other.dims)
            && (isFloat()
                ? Arrays.equals(floats(), other.floats())
                : Arrays.equals(ints, other.ints)));
  }

  /** The same elements under other dimensions. */
  HostTensor withDims(long... next) {
    return new HostTensor(type, next.clone(), floats, ints, raw, stored);
  }

  /** The elements at {@code offset + Σ i·stride}, in the order of the given dimensions. */
  HostTensor view(long[] outDims, long offset, long[] strides) {
    int total = Math.toIntExact(elements(outDims));
    int[] from = new int[total];
    long[] index = new long[outDims.length];
    long at = offset;
    for (int i = 0; i < total; i++) {
      from[i] = Math.toIntExact(at);
      for (int axis = outDims.length - 1; axis >= 0; axis--) {
        at += strides[axis];
        if (++index[axis] < outDims[axis]) {
          break;
        }
        at -= strides[axis] * outDims[axis];
        index[axis] = 0;
      }
    }
    return pick(outDims, from);
  }

  /** The elements with the given row-major numbers, under the given dimensions. */
  HostTensor pick(long[] outDims, int[] from) {
    if (ints != null) {
      long[] out = new long[from.length];
      for (int i = 0; i < from.length; i++) {
        out[i] = ints[from[i]];
      }
      return ofInts(type, outDims, out);
    }
    float[] source = floats();
    float[] out = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      out[i] = source[from[i]];
    }
    return ofFloats(type, outDims, out);
  }

  /** Row-major strides of these dimensions. */
  long[] strides() {
    long[] strides = new long[dims.length];
    long step = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = step;
      step *= dims[i];
    }
    return strides;
  }

  /** A constant of the graph; what is in a file stays there. */
  Constant toConstant(Role role) {
    StoredTensor file = stored;
    if (file == null || floats != null) {
      return Constant.of(role, toTensor());
    }
    TensorDesc desc = TensorDesc.f32(Shape.of(dims));
    return Constant.stored(
        role, desc.shape(), arena -> new Tensor(desc, file.read(arena).data()), file.fingerprint());
  }

  /** An off-heap f32 copy. */
  Tensor toTensor() {
    if (!isFloat()) {
      throw new IllegalArgumentException(
          this
              + " is used in arithmetic, but kernels compute in f32; cast it to float in the model");
    }
    Shape shape = Shape.of(dims);
    if (raw == null) {
      return Tensor.of(shape, floats());
    }
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(shape));
    if (java.nio.ByteOrder.nativeOrder() == java.nio.ByteOrder.LITTLE_ENDIAN) {
      MemorySegment.copy(
          MemorySegment.ofBuffer(raw), 0, tensor.data(), 0, (long) count * Float.BYTES);
    } else {
      tensor.copyFrom(floats());
    }
    return tensor;
  }

  @Override
  public String toString() {
    return ElementType.name(type) + Arrays.toString(dims);
  }
}
