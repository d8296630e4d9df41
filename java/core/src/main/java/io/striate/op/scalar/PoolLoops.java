package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Pool;
import java.lang.foreign.MemorySegment;

/**
 * Pooling over 1, 2 or 3 spatial dimensions; a position is one output pixel with all its channels.
 */
final class PoolLoops implements Loops {
  private final Pool op;
  private final View x;
  private final View dst;
  private final Window3 window;
  private final View weights;

  private PoolLoops(Pool op, Sources sources) {
    this.op = op;
    this.x = sources.view(0).spatial3();
    this.dst = sources.output().spatial3();
    this.window = new Window3(op.window());
    this.weights = op.kind() == Pool.Kind.WEIGHTED ? sources.view(1).leftPadded(3) : x;
  }

  static Plan plan(Pool op, Sources sources) {
    PoolLoops loops = new PoolLoops(op, sources);
    return Plan.of(loops.dst.elements() / loops.dst.dims[1], loops);
  }

  @Override
  public void compute(long position, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    long rest = position;
    final long ow = rest % dst.dims[4];
    rest /= dst.dims[4];
    final long oh = rest % dst.dims[3];
    rest /= dst.dims[3];
    final long od = rest % dst.dims[2];
    final long n = rest / dst.dims[2];
    long dstAt = ConvLoops.at(dst, n, od, oh, ow);
    long xAt = x.offset + n * x.strides[0];
    for (long c = 0; c < dst.dims[1]; c++) {
      double value = pixel(in, xAt + c * x.strides[1], od, oh, ow);
      out.set(FLOAT, dstAt + c * dst.strides[1], (float) value);
    }
  }

  private double pixel(MemorySegment[] in, long xAt, long od, long oh, long ow) {
    double sum = 0;
    double weightSum = 0;
    double most = Double.NEGATIVE_INFINITY;
    long padded = 0;
    long real = 0;
    for (int kd = 0; kd < window.kernel[0]; kd++) {
      long d = window.input(0, od, kd);
      for (int kh = 0; kh < window.kernel[1]; kh++) {
        long h = window.input(1, oh, kh);
        for (int kw = 0; kw < window.kernel[2]; kw++) {
          long w = window.input(2, ow, kw);
          if (!ConvLoops.inside(d, x.dims[2])
              || !ConvLoops.inside(h, x.dims[3])
              || !ConvLoops.inside(w, x.dims[4])) {
            padded += inPadding(0, d) && inPadding(1, h) && inPadding(2, w) ? 1 : 0;
            continue;
          }
          double value =
              in[0].get(FLOAT, xAt + d * x.strides[2] + h * x.strides[3] + w * x.strides[4]);
          real++;
          switch (op.kind()) {
            case MAX -> most = Math.max(most, value);
            case AVERAGE_EXCLUDE_PAD, AVERAGE_INCLUDE_PAD -> sum += value;
            case LP -> sum += power(Math.abs(value));
            case WEIGHTED -> {
              double weight = weight(in, kd, kh, kw);
              sum += weight * value;
              weightSum += weight;
            }
          }
        }
      }
    }
    return switch (op.kind()) {
      case MAX -> most;
      case AVERAGE_EXCLUDE_PAD -> sum / real;
      case AVERAGE_INCLUDE_PAD -> sum / (real + padded);
      case LP -> root(sum);
      case WEIGHTED -> sum / weightSum;
    };
  }

  /**
   * Whether a coordinate lies in input plus padding; a window rounded up by ceil mode may go
   * beyond.
   */
  private boolean inPadding(int axis, long i) {
    return i >= -window.padBegin[axis] && i < x.dims[axis + 2] + window.padEnd[axis];
  }

  private double weight(MemorySegment[] in, int kd, int kh, int kw) {
    return in[1].get(
        FLOAT,
        weights.offset
            + kd * weights.strides[0]
            + kh * weights.strides[1]
            + kw * weights.strides[2]);
  }

  private double power(double value) {
    return op.p() == 1 ? value : op.p() == 2 ? value * value : Math.pow(value, op.p());
  }

  private double root(double sum) {
    return op.p() == 1 ? sum : op.p() == 2 ? Math.sqrt(sum) : Math.pow(sum, 1.0 / op.p());
  }
}
