package io.striate.op.vector;

import io.striate.op.KernelRequest;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The same elements in another layout: contiguous runs are copied at memory speed, others element
 * by element, in blocks of few rows so that the cache lines of a transposition are used up while
 * they are there.
 */
final class CopyKernel extends TileKernel implements Lines.Body {
  /** Below this, the lines of the destination are mostly overhead. */
  private static final int SHORT_LINE = 16;

  private final Lines lines;
  private final boolean bySource;

  CopyKernel(String id, KernelRequest request, Width width) {
    super(id, request, width);
    Strided dst = Strided.of(request.output());
    Strided src = Strided.of(request.input(0));
    Lines byDestination = new Lines(List.of(dst, src), request.threads(), 1);
    Lines other = new Lines(List.of(src, dst), request.threads(), 1);
    bySource =
        byDestination.block() < SHORT_LINE
            && other.block() > byDestination.block()
            && other.laneStride(0) == ELEMENT;
    lines = bySource ? other : byDestination;
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
