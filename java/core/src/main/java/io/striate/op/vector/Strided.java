package io.striate.op.vector;

import io.striate.tensor.TensorDesc;

/**
 * A tensor as a base and one stride per dimension, all in bytes, that can be bent to other dims.
 */
final class Strided {
  final long base;
  final long[] dims;
  final long[] strides;

  private Strided(long base, long[] dims, long[] strides) {
    this.base = base;
    this.dims = dims;
    this.strides = strides;
  }

  /** The tensor; the stride of a dimension of one element is 0. */
  static Strided of(TensorDesc desc) {
    long[] dims = desc.shape().dims();
    long[] strides = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      strides[i] = dims[i] == 1 ? 0 : desc.layout().stride(i) * TileKernel.ELEMENT;
    }
    return new Strided(desc.layout().offset() * TileKernel.ELEMENT, dims, strides);
  }

  /** NumPy's broadcast to these dims: leading dimensions and dimensions of one element repeat. */
  Strided broadcastTo(long[] to) {
    long[] bent = new long[to.length];
    System.arraycopy(strides, 0, bent, to.length - strides.length, strides.length);
    return new Strided(base, to, bent);
  }

  /** A vector along dimension 1 of a tensor of these dims. */
  Strided alongChannels(long[] to) {
    long[] bent = new long[to.length];
    bent[1] = to[1] == 1 ? 0 : strides[0];
    return new Strided(base, to, bent);
  }

  /** With one element along the dimensions whose bit is set. */
  Strided without(int mask) {
    long[] rest = dims.clone();
    for (int i = 0; i < rest.length; i++) {
      rest[i] = (mask >> i & 1) == 0 ? rest[i] : 1;
    }
    return new Strided(base, rest, strides);
  }

  /** With dimensions of one element put in where the bits are set; rank grows by their number. */
  Strided expand(int mask, int rank) {
    long[] to = new long[rank];
    long[] bent = new long[rank];
    for (int i = 0, from = 0; i < rank; i++) {
      boolean added = (mask >> i & 1) != 0;
      to[i] = added ? 1 : dims[from];
      bent[i] = added ? 0 : strides[from++];
    }
    return new Strided(base, to, bent);
  }
}
