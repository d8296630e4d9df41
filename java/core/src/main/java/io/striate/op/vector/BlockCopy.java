package io.striate.op.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Copies the part of the source that a block reads to scratch: channels side by side, pixels dense,
 * zeros outside.
 */
final class BlockCopy {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final GemmShape shape;
  private final Optional<PixelCopy> pixelCopy;

  BlockCopy(GemmShape shape, Width width) {
    this.shape = shape;
    pixelCopy = PixelCopy.Emitted.of(shape, width);
  }

  /**
   * Fills the start of {@code scratch} for the block whose first position is (od, oh, ow) and which
   * is {@code height} rows high.
   *
   * @param srcBase first element of the image
   */
  void run(
      GemmPlan plan,
      MemorySegment src,
      long srcBase,
      int od,
      int oh,
      int ow,
      int height,
      MemorySegment scratch) {
    GemmShape.Axis depths = shape.depth();
    GemmShape.Axis heights = shape.height();
    GemmShape.Axis widths = shape.width();
    long row = (long) plan.copiedWidth * shape.channels();
    int rows = plan.copiedHeight(height);
    long planeRows = plan.copiedHeight(plan.blockHeight);
    int w = ow * widths.stride() + widths.least();
    for (int d = 0; d < plan.copiedDepth; d++) {
      int id = od * depths.stride() + depths.least() + d;
      for (int h = 0; h < rows; h++) {
        int ih = oh * heights.stride() + heights.least() + h;
        long to = (d * planeRows + h) * row;
        if (id < 0 || id >= depths.size() || ih < 0 || ih >= heights.size()) {
          zero(scratch, to, row);
        } else {
          long from = srcBase + id * shape.src().depth() + ih * shape.src().height();
          row(src, from, w, plan.copiedWidth, scratch, to);
        }
      }
    }
  }

  /**
   * Copies {@code columns} pixels of a row of the source from column {@code w} on, which may lie
   * outside, to element {@code to} of {@code dst}.
   *
   * @param from element of column 0
   */
  void row(MemorySegment src, long from, int w, int columns, MemorySegment dst, long to) {
    int left = Math.clamp(-(long) w, 0, columns);
    int right = Math.clamp((long) shape.width().size() - w, left, columns);
    long channels = shape.channels();
    zero(dst, to, left * channels);
    zero(dst, to + right * channels, (columns - right) * channels);
    pixels(src, from + (w + left) * shape.src().width(), right - left, dst, to + left * channels);
  }

  private void pixels(MemorySegment src, long from, int count, MemorySegment dst, long to) {
    if (pixelCopy.isPresent()) {
      pixelCopy.get().run(src, 4 * from, 4 * shape.src().width(), dst, 4 * to, count);
      return;
    }
    GemmShape.Strided steps = shape.src();
    int channels = shape.channels();
    if (steps.channel() == 1 || channels == 1) {
      if (steps.width() == channels) {
        copy(src, from, dst, to, (long) count * channels);
      } else {
        for (int p = 0; p < count; p++) {
          copy(src, from + p * steps.width(), dst, to + (long) p * channels, channels);
        }
      }
      return;
    }
    for (int c = 0; c < channels; c++) {
      gather(src, from + c * steps.channel(), steps.width(), count, dst, to + c, channels);
    }
  }

  /** One channel of a row whose channels are apart. */
  private static void gather(
      MemorySegment src, long from, long step, int count, MemorySegment dst, long to, int toStep) {
    for (int p = 0; p < count; p++) {
      dst.set(FLOAT, 4 * (to + (long) p * toStep), src.get(FLOAT, 4 * (from + p * step)));
    }
  }

  private static void copy(MemorySegment src, long from, MemorySegment dst, long to, long count) {
    MemorySegment.copy(src, 4 * from, dst, 4 * to, 4 * count);
  }

  /** Clears elements. */
  static void zero(MemorySegment dst, long at, long count) {
    for (long i = 0; i < count; i++) {
      dst.set(FLOAT, 4 * (at + i), 0f);
    }
  }
}
