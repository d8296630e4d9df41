package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import java.lang.foreign.MemorySegment;

/** Copies bits between any two layouts; a position is one row of the output. */
final class CopyLoops implements Loops {
  private final View x;
  private final View dst;
  private final Rows rows;

  private CopyLoops(Sources sources) {
    this.x = sources.view(0);
    this.dst = sources.output();
    this.rows = new Rows(dst);
  }

  static Plan plan(Sources sources) {
    CopyLoops loops = new CopyLoops(sources);
    return Plan.of(loops.rows.count, loops);
  }

  @Override
  public void compute(long row, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    final long xAt = rows.start(x, row);
    final long dstAt = rows.start(dst, row);
    for (long i = 0; i < rows.length; i++) {
      out.set(FLOAT, dstAt + i * rows.step(dst), in[0].get(FLOAT, xAt + i * rows.step(x)));
    }
  }
}
