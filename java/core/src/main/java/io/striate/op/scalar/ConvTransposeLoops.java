package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.ConvTranspose;
import java.lang.foreign.MemorySegment;

/**
 * Transposed convolution, gathered: a position is one output pixel with all its channels, which
 * collects the taps that reach it.
 */
final class ConvTransposeLoops implements Loops {
  private final Dot dot;
  private final View x;
  private final View dst;
  private final View residual;
  private final Window3 window;
  private final int groups;
  private final Weights weights;
  private final Finish finish;

  private ConvTransposeLoops(ConvTranspose op, Sources sources, Dot dot) {
    this.dot = dot;
    this.x = sources.view(0).spatial3();
    this.dst = sources.output().spatial3();
    this.window = new Window3(op.window());
    this.groups = op.groups();
    View w = sources.takenView(1).spatial3();
    long run = w.dims[0] / groups;
    long[] groupAt = new long[groups];
    for (int g = 0; g < groups; g++) {
      groupAt[g] = w.offset + g * run * w.strides[0];
    }
    this.weights =
        Weights.of(
            sources, 1, groupAt, window.tapOffsets(w), w.dims[1], run, w.strides[1], w.strides[0]);
    this.finish = new Finish(sources, op.epilogue(), 2, dot);
    this.residual = finish.residualView.spatial3();
  }

  static Plan plan(ConvTranspose op, Sources sources, Dot dot) {
    ConvTransposeLoops loops = new ConvTransposeLoops(op, sources, dot);
    long pixels = loops.dst.elements() / loops.dst.dims[1];
    return new Plan(pixels, Dot.SCRATCH_BYTES, loops.weights.packedBytes(), loops);
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
    long residualAt = ConvLoops.at(residual, n, od, oh, ow);
    for (int g = 0; g < groups; g++) {
      long xAt = x.offset + n * x.strides[0] + (long) g * weights.n() * x.strides[1];
      for (int block = 0; block < weights.blocks(); block++) {
        dot.clear(scratch);
        taps(in, scratch, xAt, od, oh, ow, g, block);
        for (int lane = 0; lane < weights.lanesOf(block); lane++) {
          long oc = (long) g * weights.lanes() + (long) block * Dot.LANES + lane;
          float value = finish.value(in, scratch, lane, oc, residualAt + oc * residual.strides[1]);
          out.set(FLOAT, dstAt + oc * dst.strides[1], value);
        }
      }
    }
  }

  private void taps(
      MemorySegment[] in,
      MemorySegment sums,
      long xAt,
      long od,
      long oh,
      long ow,
      int group,
      int block) {
    int tap = 0;
    for (int kd = 0; kd < window.kernel[0]; kd++) {
      long d = source(0, od, kd);
      for (int kh = 0; kh < window.kernel[1]; kh++) {
        long h = source(1, oh, kh);
        for (int kw = 0; kw < window.kernel[2]; kw++, tap++) {
          long w = source(2, ow, kw);
          if (d >= 0 && h >= 0 && w >= 0) {
            long at = xAt + d * x.strides[2] + h * x.strides[3] + w * x.strides[4];
            weights.add(dot, sums, in, at, x.strides[1], group, block, tap);
          }
        }
      }
    }
  }

  /** The input coordinate i with i·stride + k·dilation - padBegin = o, or -1 if there is none. */
  private long source(int axis, long o, int k) {
    long scaled = o + window.padBegin[axis] - (long) k * window.dilation[axis];
    if (scaled < 0 || scaled % window.stride[axis] != 0) {
      return -1;
    }
    long i = scaled / window.stride[axis];
    return i < x.dims[axis + 2] ? i : -1;
  }
}
