package io.striate.op.vector;

import io.striate.op.KernelRequest;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The same elements in another layout: contiguous runs are copied at memory speed, others element
 * by element, in blocks of few rows so that the cache lines of a transposition are used up while
 * they are there. Three planes that become the pixels of an RGB image are read side by side, so
 * that every line is written once (3x224x224, Zen 5: 92 us one plane after the other, 54 so).
 */
final class CopyKernel extends TileKernel implements Lines.Body {
  /** Below this, the lines of the destination are mostly overhead. */
  private static final int SHORT_LINE = 16;

  private static final int RGB = 3;

  private final Lines lines;
  private final boolean bySource;
  private final long plane; // from one plane of RGB to the next, in bytes; 0: something else

  CopyKernel(String id, KernelRequest request, Width width) {
    super(id, request, width);
    Strided dst = Strided.of(request.output());
    Strided src = Strided.of(request.input(0));
    int channels = channelsOfRgb(dst, src);
    if (channels >= 0) {
      Lines pixels =
          new Lines(
              List.of(dst.without(1 << channels), src.without(1 << channels)),
              request.threads(),
              RGB);
      if (pixels.laneStride(0) == RGB * ELEMENT && pixels.laneStride(1) == ELEMENT) {
        lines = pixels;
        bySource = false;
        plane = src.strides[channels];
        return;
      }
    }
    plane = 0;
    Lines byDestination = new Lines(List.of(dst, src), request.threads(), 1);
    Lines other = new Lines(List.of(src, dst), request.threads(), 1);
    bySource =
        byDestination.block() < SHORT_LINE
            && other.block() > byDestination.block()
            && other.laneStride(0) == ELEMENT;
    lines = bySource ? other : byDestination;
  }

  /** The dimension of three channels that dst has side by side and src apart, or -1. */
  private static int channelsOfRgb(Strided dst, Strided src) {
    for (int d = 0; d < dst.dims.length; d++) {
      if (dst.dims[d] == RGB && dst.strides[d] == ELEMENT && src.strides[d] != ELEMENT) {
        return d;
      }
    }
    return -1;
  }

  @Override
  public int tiles() {
    return lines.tiles();
  }

  @Override
  public long scratchBytes() {
    return 0;
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    lines.run(this, in, out, scratch, first, last);
  }

  @Override
  public void line(
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      long at0,
      long at1,
      long at2,
      long at3,
      long at4,
      int count) {
    if (plane != 0) {
      Elements.interleave(in[0], at1, plane, out, at0, count);
      return;
    }
    int source = bySource ? 0 : 1;
    Elements.copy(
        in[0],
        bySource ? at0 : at1,
        lines.laneStride(source),
        out,
        bySource ? at1 : at0,
        lines.laneStride(1 - source),
        count);
  }
}
