package io.striate.tensor;

import java.util.Arrays;
import java.util.List;

/**
 * The logical dimensions of a tensor, outermost first: N, C, [D,] [H,] W for images, O, I, [D,]
 * [H,] W for weights.
 *
 * <p>Every dimension is at least 1, except that the first one of a model input may be {@link
 * #DYNAMIC}. A shape has at most {@value #MAX_RANK} dimensions and at most 2^40 elements; rank 0 is
 * a scalar.
 */
public final class Shape {
  /** A batch dimension to be fixed at compile time. */
  public static final long DYNAMIC = -1;

  /** The largest rank, equal to {@code STRIATE_MAX_RANK}. */
  public static final int MAX_RANK = 8;

  private static final long MAX_ELEMENTS = 1L << 40;

  private final long[] dims;

  private Shape(long[] dims) {
    if (dims.length > MAX_RANK) {
      throw new IllegalArgumentException(
          "shape "
              + Arrays.toString(dims)
              + " has rank "
              + dims.length
              + "; at most "
              + MAX_RANK
              + " is supported");
    }
    long elements = 1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == DYNAMIC && i == 0) {
        continue;
      }
      if (dims[i] < 1) {
        throw new IllegalArgumentException(
            "shape "
                + Arrays.toString(dims)
                + ": dimension "
                + i
                + " is "
                + dims[i]
                + "; it must be at least 1");
      }
      if (dims[i] > MAX_ELEMENTS / elements) {
        throw new IllegalArgumentException(
            "shape "
                + Arrays.toString(dims)
                + " has more than 2^40 elements, which no tensor may have");
      }
      elements *= dims[i];
    }
    this.dims = dims;
  }

  /** The shape with these dimensions. */
  public static Shape of(long... dims) {
    return new Shape(dims.clone());
  }

  /** The shape with these dimensions. */
  public static Shape of(List<Long> dims) {
    long[] array = new long[dims.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = dims.get(i);
    }
    return new Shape(array);
  }

  /** Number of dimensions. */
  public int rank() {
    return dims.length;
  }

  /** Dimension {@code axis}; negative counts from the end. */
  public long dim(int axis) {
    return dims[axis(axis)];
  }

  /** The axis as an index 0 … rank-1; negative counts from the end. */
  public int axis(int axis) {
    int index = axis < 0 ? axis + dims.length : axis;
    if (index < 0 || index >= dims.length) {
      throw new IllegalArgumentException(
          "axis " + axis + " is outside shape " + this + " of rank " + dims.length);
    }
    return index;
  }

  /** A copy of the dimensions. */
  public long[] dims() {
    return dims.clone();
  }

  /** Whether the first dimension is {@link #DYNAMIC}. */
  public boolean isDynamic() {
    return dims.length > 0 && dims[0] == DYNAMIC;
  }

  /** Product of all dimensions; 1 for a scalar. */
  public long elements() {
    if (isDynamic()) {
      throw new IllegalArgumentException(
          "shape " + this + " has a dynamic batch: fix it first, e.g. withDim(0, 1)");
    }
    long product = 1;
    for (long d : dims) {
      product *= d;
    }
    return product;
  }

  /** This shape with one dimension replaced. */
  public Shape withDim(int axis, long value) {
    long[] copy = dims.clone();
    copy[axis(axis)] = value;
    return new Shape(copy);
  }

  /** Number of spatial dimensions (rank less N and C) of an image-like tensor. */
  public int spatialRank() {
    return Math.max(0, dims.length - 2);
  }

  /** The NumPy broadcast of two shapes. */
  public static Shape broadcast(Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    long[] out = new long[rank];
    for (int i = 0; i < rank; i++) {
      int ia = i - (rank - a.rank());
      int ib = i - (rank - b.rank());
      long da = ia < 0 ? 1 : a.dims[ia];
      long db = ib < 0 ? 1 : b.dims[ib];
      if (da != db && da != 1 && db != 1) {
        throw new IllegalArgumentException(
            "shapes "
                + a
                + " and "
                + b
                + " do not broadcast: "
                + da
                + " against "
                + db
                + " at axis "
                + i);
      }
      out[i] = da == 1 ? db : da;
    }
    return new Shape(out);
  }

  /** This shape with leading dimensions of 1 up to {@code rank}. */
  public Shape expandTo(int rank) {
    long[] out = new long[rank];
    Arrays.fill(out, 1);
    System.arraycopy(dims, 0, out, rank - dims.length, dims.length);
    return new Shape(out);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape that && Arrays.equals(dims, that.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** As {@code 1x3x224x224}; a dynamic batch is {@code N}, a scalar is {@code scalar}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (long d : dims) {
      text.append(text.isEmpty() ? "" : "x");
      if (d == DYNAMIC) {
        text.append('N');
      } else {
        text.append(d);
      }
    }
    return text.isEmpty() ? "scalar" : text.toString();
  }
}
