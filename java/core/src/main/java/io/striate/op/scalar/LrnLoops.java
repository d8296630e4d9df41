package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Lrn;
import java.lang.foreign.MemorySegment;

/**
 * Local response normalisation across and within channels; a position is one pixel with all its
 * channels.
 */
final class LrnLoops implements Loops {
  private final Lrn op;
  private final View x;
  private final View dst;
  private final Rows rows;
  private final long before;
  private final long after;

  private LrnLoops(Lrn op, Sources sources) {
    this.op = op;
    this.x = sources.view(0);
    this.dst = sources.output();
    this.rows = new Rows(dst, 1);
    this.before = (op.size() - 1L) / 2;
    this.after = op.size() - 1 - before;
  }

  static Plan plan(Lrn op, Sources sources) {
    LrnLoops loops = new LrnLoops(op, sources);
    return Plan.of(loops.rows.count, loops);
  }

  @Override
  public void compute(long row, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    final long xAt = rows.start(x, row);
    final long dstAt = rows.start(dst, row);
    double count = op.within() ? (double) op.size() * op.size() : op.size();
    for (long c = 0; c < rows.length; c++) {
      double squares = op.within() ? within(in[0], row, c) : across(in[0], xAt, c);
      double value = in[0].get(FLOAT, xAt + c * x.strides[1]);
      double result = value / Math.pow(op.k() + op.alpha() / count * squares, op.beta());
      out.set(FLOAT, dstAt + c * dst.strides[1], (float) result);
    }
  }

  private double across(MemorySegment in, long xAt, long channel) {
    double sum = 0;
    long end = Math.min(x.dims[1] - 1, channel + after);
    for (long c = Math.max(0, channel - before); c <= end; c++) {
      double value = in.get(FLOAT, xAt + c * x.strides[1]);
      sum += value * value;
    }
    return sum;
  }

  private double within(MemorySegment in, long row, long channel) {
    final long oh = rows.index(row, 2);
    final long ow = rows.index(row, 3);
    long base = x.offset + rows.index(row, 0) * x.strides[0] + channel * x.strides[1];
    double sum = 0;
    for (long h = Math.max(0, oh - before); h <= Math.min(x.dims[2] - 1, oh + after); h++) {
      for (long w = Math.max(0, ow - before); w <= Math.min(x.dims[3] - 1, ow + after); w++) {
        double value = in.get(FLOAT, base + h * x.strides[2] + w * x.strides[3]);
        sum += value * value;
      }
    }
    return sum;
  }
}
