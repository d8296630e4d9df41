package io.striate.op.vector;

/**
 * The windows along one dimension: for every output index, which taps lie inside the input and
 * where the first of them is. Offsets in bytes.
 */
final class WindowAxis {
  final int dimension;
  final int kernel;
  final long stride; // of the window, in source elements
  final long tapStep;
  private final long srcStep;

  /** From the base of the source to the first tap inside. */
  final long[] offset;

  /** The first tap inside. */
  final int[] first;

  /** Taps inside; a dilated window may step over a short input and have none. */
  final int[] count;

  /** What this axis contributes to the divisor of an average. */
  final int[] divisor;

  /**
   * @param countPadding whether the divisor counts taps in the padding
   */
  WindowAxis(
      Strided src,
      Strided dst,
      int dimension,
      int kernel,
      int stride,
      int dilation,
      int padBegin,
      int padEnd,
      boolean countPadding) {
    this.dimension = dimension;
    this.kernel = kernel;
    this.stride = stride;
    long step = src.strides[dimension];
    srcStep = stride * step;
    tapStep = dilation * step;
    long in = src.dims[dimension];
    int out = Math.toIntExact(dst.dims[dimension]);
    offset = new long[out];
    first = new int[out];
    count = new int[out];
    divisor = new int[out];
    for (int o = 0; o < out; o++) {
      long start = (long) o * stride - padBegin;
      int begin = start >= 0 ? 0 : (int) Math.ceilDiv(-start, dilation);
      int end = start >= in ? 0 : (int) Math.min(kernel, Math.ceilDiv(in - start, dilation));
      long counted = Math.min(kernel, Math.ceilDiv(in + padEnd - start, dilation));
      if (begin < end) {
        first[o] = begin;
        count[o] = end - begin;
        offset[o] = (start + (long) begin * dilation) * step;
      }
      divisor[o] = countPadding ? (int) counted : count[o];
    }
  }

  /** An axis that is not there: one tap. */
  private WindowAxis() {
    dimension = -1;
    kernel = 1;
    stride = 0;
    tapStep = 0;
    srcStep = 0;
    offset = new long[1];
    first = new int[1];
    count = new int[] {1};
    divisor = new int[] {1};
  }

  static WindowAxis none() {
    return new WindowAxis();
  }

  /** Distance of the windows of neighbouring outputs, where the first tap is inside. */
  long outputStep() {
    return srcStep;
  }

  /** Whether output o + 1 has the taps of output o, one {@link #outputStep} further on. */
  boolean continues(int o) {
    return sameTaps(o, o + 1) && offset[o + 1] - offset[o] == srcStep;
  }

  /** Whether the windows of two outputs have the same taps inside. */
  boolean sameTaps(int a, int b) {
    return first[a] == first[b] && count[a] == count[b] && divisor[a] == divisor[b];
  }
}
