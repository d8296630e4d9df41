package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Softmax;
import java.lang.foreign.MemorySegment;

/** Softmax and log-softmax; a position is one row along the axis. */
final class SoftmaxLoops implements Loops {
  private final boolean log;
  private final View x;
  private final View dst;
  private final Rows rows;

  private SoftmaxLoops(Softmax op, Sources sources) {
    this.log = op.log();
    this.x = sources.view(0);
    this.dst = sources.output();
    this.rows = new Rows(dst, op.axis() < 0 ? op.axis() + dst.rank() : op.axis());
  }

  static Plan plan(Softmax op, Sources sources) {
    SoftmaxLoops loops = new SoftmaxLoops(op, sources);
    return Plan.of(loops.rows.count, loops);
  }

  @Override
  public void compute(long row, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    final long xAt = rows.start(x, row);
    final long dstAt = rows.start(dst, row);
    double most = Double.NEGATIVE_INFINITY;
    for (long i = 0; i < rows.length; i++) {
      most = Math.max(most, in[0].get(FLOAT, xAt + i * rows.step(x)));
    }
    double sum = 0;
    for (long i = 0; i < rows.length; i++) {
      sum += Math.exp(in[0].get(FLOAT, xAt + i * rows.step(x)) - most);
    }
    double logSum = Math.log(sum);
    for (long i = 0; i < rows.length; i++) {
      double shifted = in[0].get(FLOAT, xAt + i * rows.step(x)) - most;
      out.set(
          FLOAT,
          dstAt + i * rows.step(dst),
          (float) (log ? shifted - logSum : Math.exp(shifted) / sum));
    }
  }
}
