package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Resize;
import java.lang.foreign.MemorySegment;

/**
 * Nearest and linear interpolation over 1 to 3 spatial dimensions; a position is one output pixel
 * with all its channels. Coordinates are computed in float32, as ONNX Runtime does: an output index
 * times a rounded scale then rounds back to the integer that was meant.
 */
final class ResizeLoops implements Loops {
  private final View x;
  private final View dst;

  /**
   * For each of three axes and each output index: the neighbours below and above, and the weight of
   * the one above.
   */
  private final int[][] below = new int[3][];

  private final int[][] above = new int[3][];
  private final double[][] weight = new double[3][];

  private ResizeLoops(Resize op, float[] scales, Sources sources) {
    this.x = sources.view(0).spatial3();
    this.dst = sources.output().spatial3();
    int shift = 3 - scales.length;
    for (int axis = 0; axis < 3; axis++) {
      axis(op, axis, axis < shift ? 1 : scales[axis - shift]);
    }
  }

  static Plan plan(Resize op, float[] scales, Sources sources) {
    ResizeLoops loops = new ResizeLoops(op, scales, sources);
    return Plan.of(loops.dst.elements() / loops.dst.dims[1], loops);
  }

  private void axis(Resize op, int axis, float scale) {
    int in = Math.toIntExact(x.dims[axis + 2]);
    int out = Math.toIntExact(dst.dims[axis + 2]);
    below[axis] = new int[out];
    above[axis] = new int[out];
    weight[axis] = new double[out];
    for (int o = 0; o < out; o++) {
      float at = coordinate(op.coordinates(), o, scale, in, out);
      if (op.mode() == Resize.Mode.NEAREST) {
        below[axis][o] = Math.clamp((long) round(op.nearest(), at), 0, in - 1);
        above[axis][o] = below[axis][o];
      } else {
        float clamped = Math.clamp(at, 0f, in - 1f);
        below[axis][o] = (int) clamped;
        above[axis][o] = Math.min(below[axis][o] + 1, in - 1);
        weight[axis][o] = clamped - below[axis][o];
      }
    }
  }

  private static float coordinate(Resize.Coordinates rule, int o, float scale, int in, int out) {
    return switch (rule) {
      case HALF_PIXEL -> (o + 0.5f) / scale - 0.5f;
      case PYTORCH_HALF_PIXEL -> out > 1 ? (o + 0.5f) / scale - 0.5f : 0;
      case ALIGN_CORNERS -> out > 1 ? (float) ((double) o * (in - 1) / (out - 1)) : 0;
      case ASYMMETRIC -> o / scale;
    };
  }

  private static double round(Resize.Nearest rule, float at) {
    return switch (rule) {
      case ROUND_PREFER_FLOOR -> Math.ceil(at - 0.5);
      case ROUND_PREFER_CEIL -> Math.floor(at + 0.5);
      case FLOOR -> Math.floor(at);
      case CEIL -> Math.ceil(at);
    };
  }

  @Override
  public void compute(long position, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    long rest = position;
    final int ow = (int) (rest % dst.dims[4]);
    rest /= dst.dims[4];
    final int oh = (int) (rest % dst.dims[3]);
    rest /= dst.dims[3];
    final int od = (int) (rest % dst.dims[2]);
    final long n = rest / dst.dims[2];
    long dstAt = ConvLoops.at(dst, n, od, oh, ow);
    for (long c = 0; c < dst.dims[1]; c++) {
      long xAt = x.offset + n * x.strides[0] + c * x.strides[1];
      out.set(FLOAT, dstAt + c * dst.strides[1], (float) volume(in[0], xAt, od, oh, ow));
    }
  }

  private double volume(MemorySegment in, long at, int od, int oh, int ow) {
    double low = plane(in, at + below[0][od] * x.strides[2], oh, ow);
    double t = weight[0][od];
    return t == 0 ? low : low + t * (plane(in, at + above[0][od] * x.strides[2], oh, ow) - low);
  }

  private double plane(MemorySegment in, long at, int oh, int ow) {
    double low = line(in, at + below[1][oh] * x.strides[3], ow);
    double t = weight[1][oh];
    return t == 0 ? low : low + t * (line(in, at + above[1][oh] * x.strides[3], ow) - low);
  }

  private double line(MemorySegment in, long at, int ow) {
    double low = in.get(FLOAT, at + below[2][ow] * x.strides[4]);
    double t = weight[2][ow];
    return t == 0 ? low : low + t * (in.get(FLOAT, at + above[2][ow] * x.strides[4]) - low);
  }
}
