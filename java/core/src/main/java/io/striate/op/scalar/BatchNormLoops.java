package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.BatchNorm;
import java.lang.foreign.MemorySegment;

/**
 * Batch normalisation; a position is one row of the output along an axis other than the channels.
 */
final class BatchNormLoops implements Loops {
  private final BatchNorm op;
  private final View x;
  private final View dst;
  private final View[] parameters;
  private final Rows rows;

  private BatchNormLoops(BatchNorm op, Sources sources) {
    this.op = op;
    this.x = sources.view(0);
    this.dst = sources.output();
    this.parameters =
        new View[] {sources.view(1), sources.view(2), sources.view(3), sources.view(4)};
    this.rows = new Rows(dst, dst.rank() == 2 ? 0 : dst.rank() - 1);
  }

  static Plan plan(BatchNorm op, Sources sources) {
    BatchNormLoops loops = new BatchNormLoops(op, sources);
    return Plan.of(loops.rows.count, loops);
  }

  private double parameter(MemorySegment[] in, int operand, long channel) {
    View v = parameters[operand - 1];
    return in[operand].get(FLOAT, v.offset + channel * v.strides[0]);
  }

  @Override
  public void compute(long row, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    long channel = rows.index(row, 1);
    double scale = parameter(in, 1, channel);
    double shift = parameter(in, 2, channel);
    double mean = parameter(in, 3, channel);
    double deviation = Math.sqrt(parameter(in, 4, channel) + op.epsilon());
    final long xAt = rows.start(x, row);
    final long dstAt = rows.start(dst, row);
    for (long i = 0; i < rows.length; i++) {
      double value = in[0].get(FLOAT, xAt + i * rows.step(x));
      double result = scale * (value - mean) / deviation + shift;
      out.set(
          FLOAT, dstAt + i * rows.step(dst), (float) Activations.apply(op.activation(), result));
    }
  }
}
