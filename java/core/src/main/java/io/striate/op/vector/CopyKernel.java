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
  private final Lines lines;

  CopyKernel(String id, KernelRequest request, Width width) {
    super(id, request, width);
    lines =
        new Lines(
            List.of(Strided.of(request.output()), Strided.of(request.input(0))),
            request.threads(),
            1);
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
    Elements.copy(in[0], at1, lines.laneStride(1), out, at0, lines.laneStride(0), count);
  }
}
