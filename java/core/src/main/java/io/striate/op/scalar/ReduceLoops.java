package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Reduce;
import java.lang.foreign.MemorySegment;

/** Sum, mean and maximum over any axes; a position is one element of the output. */
final class ReduceLoops implements Loops {
  private final Reduce.Kind kind;
  private final View kept;
  private final View dst;
  private final Rows keptRows;
  private final View reduced;
  private final Rows reducedRows;

  private ReduceLoops(Reduce op, int mask, Sources sources) {
    this.kind = op.kind();
    View x = sources.view(0);
    this.kept = x.masked(mask, false);
    this.reduced = x.masked(mask, true).withoutOffset();
    this.dst = op.keepDims() ? sources.output().masked(mask, false) : sources.output();
    this.keptRows = new Rows(dst);
    this.reducedRows = new Rows(reduced);
  }

  static Plan plan(Reduce op, int mask, Sources sources) {
    ReduceLoops loops = new ReduceLoops(op, mask, sources);
    return Plan.of(loops.keptRows.count, loops);
  }

  @Override
  public void compute(long row, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    final long xAt = keptRows.start(kept, row);
    final long dstAt = keptRows.start(dst, row);
    for (long i = 0; i < keptRows.length; i++) {
      float value = (float) element(in[0], xAt + i * keptRows.step(kept));
      out.set(FLOAT, dstAt + i * keptRows.step(dst), value);
    }
  }

  private double element(MemorySegment in, long xAt) {
    double sum = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (long row = 0; row < reducedRows.count; row++) {
      long at = xAt + reducedRows.start(reduced, row);
      for (long i = 0; i < reducedRows.length; i++) {
        double value = in.get(FLOAT, at + i * reducedRows.step(reduced));
        sum += value;
        most = Math.max(most, value);
      }
    }
    return switch (kind) {
      case SUM -> sum;
      case MEAN -> sum / (reducedRows.count * reducedRows.length);
      case MAX -> most;
    };
  }
}
