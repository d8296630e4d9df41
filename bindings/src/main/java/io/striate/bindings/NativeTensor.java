package io.striate.bindings;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * {@code striate_tensor_desc}: element (i0, i1, …) lives at base + (i0·strides[0] + i1·strides[1] +
 * …) elements.
 *
 * @param dtype one of {@link Abi#F32} … {@link Abi#S64}
 * @param dims sizes, each at least 1, at most {@link Abi#MAX_RANK} of them
 * @param strides as many element strides
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and never handed out for writing
public record NativeTensor(int dtype, long[] dims, long[] strides) {
  private static final long DTYPE = Structs.offset(Structs.TENSOR_DESC, "dtype");
  private static final long RANK = Structs.offset(Structs.TENSOR_DESC, "rank");
  private static final long DIMS = Structs.offset(Structs.TENSOR_DESC, "dims");
  private static final long STRIDES = Structs.offset(Structs.TENSOR_DESC, "strides");

  public NativeTensor {
    if (dims.length < 1 || dims.length > Abi.MAX_RANK) {
      throw new IllegalArgumentException(
          "rank "
              + dims.length
              + " of "
              + Arrays.toString(dims)
              + " is outside 1.."
              + Abi.MAX_RANK);
    }
    if (strides.length != dims.length) {
      throw new IllegalArgumentException(
          strides.length + " strides for " + dims.length + " dimensions");
    }
    dims = dims.clone();
    strides = strides.clone();
  }

  @Override
  public long[] dims() {
    return dims.clone();
  }

  @Override
  public long[] strides() {
    return strides.clone();
  }

  void write(MemorySegment target) {
    target.set(JAVA_INT, DTYPE, dtype);
    target.set(JAVA_INT, RANK, dims.length);
    for (int i = 0; i < dims.length; i++) {
      target.setAtIndex(JAVA_LONG, DIMS / Long.BYTES + i, dims[i]);
      target.setAtIndex(JAVA_LONG, STRIDES / Long.BYTES + i, strides[i]);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NativeTensor that
        && dtype == that.dtype
        && Arrays.equals(dims, that.dims)
        && Arrays.equals(strides, that.strides);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * dtype + Arrays.hashCode(dims)) + Arrays.hashCode(strides);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims) + " strides " + Arrays.toString(strides) + " dtype " + dtype;
  }
}
