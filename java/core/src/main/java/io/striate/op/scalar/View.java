package io.striate.op.scalar;

import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Dimensions and byte strides of an f32 tensor, the form in which the loops address memory. */
final class View {
  static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  final long[] dims;
  final long[] strides;
  final long offset;

  private View(long[] dims, long[] strides, long offset) {
    this.dims = dims;
    this.strides = strides;
    this.offset = offset;
  }

  static View of(TensorDesc desc) {
    return of(desc.shape(), desc.layout());
  }

  static View of(Shape shape, Layout layout) {
    long[] strides = layout.strides();
    for (int i = 0; i < strides.length; i++) {
      strides[i] *= Float.BYTES;
    }
    return new View(shape.dims(), strides, layout.offset() * Float.BYTES);
  }

  /** A view whose offsets are row-major element numbers. */
  static View counting(long[] dims) {
    return new View(dims, Layout.rowMajor(Shape.of(dims)).strides(), 0);
  }

  /** The first dimensions only. */
  View truncated(int rank) {
    return new View(Arrays.copyOf(dims, rank), Arrays.copyOf(strides, rank), offset);
  }

  /** The same strides from offset 0. */
  View withoutOffset() {
    return new View(dims, strides, 0);
  }

  /** This view with leading dimensions of 1 up to {@code rank}. */
  View leftPadded(int rank) {
    long[] d = new long[rank];
    long[] s = new long[rank];
    Arrays.fill(d, 1);
    System.arraycopy(dims, 0, d, rank - dims.length, dims.length);
    System.arraycopy(strides, 0, s, rank - dims.length, dims.length);
    return new View(d, s, offset);
  }

  int rank() {
    return dims.length;
  }

  long elements() {
    long product = 1;
    for (long d : dims) {
      product *= d;
    }
    return product;
  }

  /** This view aligned to the right of a larger shape; dimensions of 1 repeat. */
  View broadcastTo(long[] target) {
    long[] out = new long[target.length];
    int shift = target.length - dims.length;
    for (int i = 0; i < dims.length; i++) {
      out[i + shift] = dims[i] == 1 ? 0 : strides[i];
    }
    return new View(target.clone(), out, offset);
  }

  /**
   * N, C, D, H, W whatever the number of spatial dimensions: missing ones are 1, before the others.
   */
  View spatial3() {
    long[] d = new long[5];
    long[] s = new long[5];
    Arrays.fill(d, 1);
    int shift = 5 - dims.length;
    for (int i = 0; i < dims.length; i++) {
      int to = i < 2 ? i : i + shift;
      d[to] = dims[i];
      s[to] = strides[i];
    }
    return new View(d, s, offset);
  }

  /** The view over the dimensions whose mask bit equals {@code bit}, in their order. */
  View masked(int mask, boolean bit) {
    int[] axes =
        IntStream.range(0, dims.length).filter(i -> (mask >> i & 1) == (bit ? 1 : 0)).toArray();
    long[] d = Arrays.stream(axes).mapToLong(i -> dims[i]).toArray();
    long[] s = Arrays.stream(axes).mapToLong(i -> strides[i]).toArray();
    return new View(d, s, offset);
  }
}
