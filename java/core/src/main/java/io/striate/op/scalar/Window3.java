package io.striate.op.scalar;

import io.striate.op.Window;

/**
 * A window as three-dimensional: missing dimensions have kernel 1, stride 1, no padding, and come
 * first.
 */
final class Window3 {
  final int[] kernel = {1, 1, 1};
  final int[] stride = {1, 1, 1};
  final int[] dilation = {1, 1, 1};
  final int[] padBegin = {0, 0, 0};
  final int[] padEnd = {0, 0, 0};

  Window3(Window window) {
    int shift = 3 - window.rank();
    for (int i = 0; i < window.rank(); i++) {
      kernel[i + shift] = window.kernel().get(i);
      stride[i + shift] = window.stride().get(i);
      dilation[i + shift] = window.dilation().get(i);
      padBegin[i + shift] = window.padBegin().get(i);
      padEnd[i + shift] = window.padEnd().get(i);
    }
  }

  int taps() {
    return Math.multiplyExact(Math.multiplyExact(kernel[0], kernel[1]), kernel[2]);
  }

  /** Input coordinate that tap k of output o reads; may lie outside. */
  long input(int axis, long o, int k) {
    return o * stride[axis] + (long) k * dilation[axis] - padBegin[axis];
  }

  /** Byte offsets of all taps in a view whose last three dimensions are the kernel's. */
  long[] tapOffsets(View w) {
    long[] out = new long[taps()];
    for (int t = 0; t < out.length; t++) {
      int kw = t % kernel[2];
      int kh = t / kernel[2] % kernel[1];
      int kd = t / kernel[2] / kernel[1];
      out[t] = kd * w.strides[2] + kh * w.strides[3] + kw * w.strides[4];
    }
    return out;
  }
}
