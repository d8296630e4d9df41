package io.striate.op.vector;

import io.striate.op.KernelRequest;
import io.striate.op.Resize;

/**
 * Where every output index along one dimension of a resize comes from. Coordinates are f32, as in
 * ONNX Runtime: an index over a rounded scale then rounds back to the integer that was meant.
 */
final class ResizePoints {
  /** The source index at or below; in NEAREST mode the one that is taken. */
  final long[] below;

  /** The one above. */
  final long[] above;

  /** Weight of the one above; where it is 0, only the one below counts. */
  final float[] weight;

  ResizePoints(Resize op, KernelRequest request, int dimension) {
    float scale = op.scalesFor(request.input(0).shape())[dimension - 2];
    long in = request.input(0).shape().dim(dimension);
    int out = Math.toIntExact(request.output().shape().dim(dimension));
    below = new long[out];
    above = new long[out];
    weight = new float[out];
    for (int o = 0; o < out; o++) {
      float at = coordinate(op.coordinates(), o, scale, in, out);
      if (op.mode() == Resize.Mode.NEAREST) {
        below[o] = Math.clamp((long) rounded(op.nearest(), at), 0, in - 1);
        above[o] = below[o];
      } else {
        float clamped = Math.clamp(at, 0f, in - 1f);
        below[o] = Math.min((long) clamped, in - 1);
        above[o] = Math.min(below[o] + 1, in - 1);
        weight[o] = clamped - below[o];
      }
    }
  }

  private static float coordinate(Resize.Coordinates rule, int o, float scale, long in, long out) {
    return switch (rule) {
      case HALF_PIXEL -> (o + 0.5f) / scale - 0.5f;
      case PYTORCH_HALF_PIXEL -> out > 1 ? (o + 0.5f) / scale - 0.5f : 0;
      case ALIGN_CORNERS -> out > 1 ? (float) ((double) o * (in - 1) / (out - 1)) : 0;
      case ASYMMETRIC -> o / scale;
    };
  }

  private static double rounded(Resize.Nearest rule, double at) {
    return switch (rule) {
      case ROUND_PREFER_FLOOR -> Math.ceil(at - 0.5);
      case ROUND_PREFER_CEIL -> Math.floor(at + 0.5);
      case FLOOR -> Math.floor(at);
      case CEIL -> Math.ceil(at);
    };
  }
}
