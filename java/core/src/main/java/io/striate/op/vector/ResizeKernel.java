package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.KernelRequest;
import io.striate.op.Resize;
import java.lang.foreign.MemorySegment;

/**
 * Linear resize over 1 to 3 spatial dimensions: nested {@code a + t·(b - a)}, the last dimension
 * innermost. Channels that lie side by side go through maps over whole pixels, with the partial
 * results in scratch; other layouts element by element, with the same arithmetic. A neighbour of
 * weight 0 is not read.
 */
final class ResizeKernel extends TileKernel {
  private final Strided src;
  private final Strided dst;
  private final long[] out = {1, 1, 1}; // spatial, leading ones missing
  private final long[] dstSteps = new long[3];
  private final long[][] below = new long[3][];
  private final long[][] above = new long[3][];
  private final float[][] weight = new float[3][];
  private final int channels;
  private final long srcChannel;
  private final long dstChannel;
  private final boolean vectors;
  private final StagedMap lerp;
  private final long pixels;
  private final long pixelsPerTile;
  private final int tiles;
  private final long rowBytes;

  ResizeKernel(String id, KernelRequest request, Width width, Resize op) {
    super(id, request, width);
    src = Strided.of(request.input(0));
    dst = Strided.of(request.output());
    int rank = dst.dims.length - 2;
    for (int a = 0; a < 3; a++) {
      int d = a - (3 - rank) + 2;
      if (d < 2) {
        below[a] = new long[1];
        above[a] = new long[1];
        weight[a] = new float[1];
        continue;
      }
      ResizePoints points = new ResizePoints(op, request, d);
      below[a] = scaled(points.below, src.strides[d]);
      above[a] = scaled(points.above, src.strides[d]);
      weight[a] = points.weight;
      out[a] = dst.dims[d];
      dstSteps[a] = dst.strides[d];
    }
    channels = Math.toIntExact(dst.dims[1]);
    srcChannel = channels == 1 ? ELEMENT : src.strides[1];
    dstChannel = channels == 1 ? ELEMENT : dst.strides[1];
    vectors = srcChannel == ELEMENT && dstChannel == ELEMENT && channels >= width.lanes();
    lerp = new StagedMap(width, LineFunction.LERP, Activation.NONE, ELEMENT, ELEMENT, ELEMENT);
    pixels = dst.dims[0] * out[0] * out[1] * out[2];
    long elements = Math.multiplyExact(pixels, (long) channels);
    pixelsPerTile = Math.max(1, Lines.tileElements(elements, request.threads(), 4) / channels);
    tiles = Math.toIntExact((pixels + pixelsPerTile - 1) / pixelsPerTile);
    rowBytes = (channels * ELEMENT + 63) / 64 * 64;
  }

  private static long[] scaled(long[] table, long stride) {
    long[] bytes = new long[table.length];
    for (int i = 0; i < table.length; i++) {
      bytes[i] = table[i] * stride;
    }
    return bytes;
  }

  @Override
  public int tiles() {
    return tiles;
  }

  /** One row of channels for each level of nesting. */
  @Override
  public long scratchBytes() {
    return vectors ? 3 * rowBytes : 0;
  }

  @Override
  void run(MemorySegment[] in, MemorySegment to, int first, int last, MemorySegment scratch) {
    long end = Math.min(last * pixelsPerTile, pixels);
    for (long pixel = first * pixelsPerTile; pixel < end; pixel++) {
      final int ow = (int) (pixel % out[2]);
      long rest = pixel / out[2];
      final int oh = (int) (rest % out[1]);
      rest /= out[1];
      final int od = (int) (rest % out[0]);
      final long n = rest / out[0];
      long srcAt = src.base + n * src.strides[0];
      long dstAt =
          dst.base + n * dst.strides[0] + od * dstSteps[0] + oh * dstSteps[1] + ow * dstSteps[2];
      if (vectors) {
        volume(in[0], srcAt, od, oh, ow, to, dstAt, scratch);
        continue;
      }
      for (int c = 0; c < channels; c++) {
        float value = volume(in[0], srcAt + c * srcChannel, od, oh, ow);
        Elements.set(to, dstAt + c * dstChannel, value);
      }
    }
  }

  private void volume(
      MemorySegment x,
      long at,
      int od,
      int oh,
      int ow,
      MemorySegment to,
      long toAt,
      MemorySegment scratch) {
    float t = weight[0][od];
    if (t == 0) {
      plane(x, at + below[0][od], oh, ow, to, toAt, scratch);
      return;
    }
    plane(x, at + below[0][od], oh, ow, to, toAt, scratch);
    plane(x, at + above[0][od], oh, ow, scratch, 2 * rowBytes, scratch);
    mix(to, toAt, scratch, 2 * rowBytes, t, to, toAt, scratch);
  }

  private void plane(
      MemorySegment x,
      long at,
      int oh,
      int ow,
      MemorySegment to,
      long toAt,
      MemorySegment scratch) {
    float t = weight[1][oh];
    if (t == 0) {
      line(x, at + below[1][oh], ow, to, toAt, scratch);
      return;
    }
    line(x, at + below[1][oh], ow, scratch, 0, scratch);
    line(x, at + above[1][oh], ow, scratch, rowBytes, scratch);
    mix(scratch, 0, scratch, rowBytes, t, to, toAt, scratch);
  }

  private void line(
      MemorySegment x, long at, int ow, MemorySegment to, long toAt, MemorySegment scratch) {
    float t = weight[2][ow];
    if (t == 0) {
      Elements.copy(x, at + below[2][ow], ELEMENT, to, toAt, ELEMENT, channels);
    } else {
      mix(x, at + below[2][ow], x, at + above[2][ow], t, to, toAt, scratch);
    }
  }

  private void mix(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      float t,
      MemorySegment to,
      long toAt,
      MemorySegment scratch) {
    lerp.run(a, aAt, b, bAt, b, 0, b, 0, to, toAt, channels, t, 0, scratch, 0);
  }

  private float volume(MemorySegment x, long at, int od, int oh, int ow) {
    float low = plane(x, at + below[0][od], oh, ow);
    float t = weight[0][od];
    return t == 0 ? low : low + t * (plane(x, at + above[0][od], oh, ow) - low);
  }

  private float plane(MemorySegment x, long at, int oh, int ow) {
    float low = line(x, at + below[1][oh], ow);
    float t = weight[1][oh];
    return t == 0 ? low : low + t * (line(x, at + above[1][oh], ow) - low);
  }

  private float line(MemorySegment x, long at, int ow) {
    float low = Elements.get(x, at + below[2][ow]);
    float t = weight[2][ow];
    return t == 0 ? low : low + t * (Elements.get(x, at + above[2][ow]) - low);
  }
}
