package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Separable interpolation of the spatial dimensions of x [N, C, spatial…] to the given sizes;
 * source coordinates beyond the edge are clamped. Scale along an axis is out/in unless {@code
 * scales} states it (ONNX models may give a scale whose product with the size is rounded down).
 * Source: ONNX operator Resize, opset 19.
 *
 * @param sizes spatial output sizes, or empty to derive floor(in·scale), the product rounded to
 *     float32 as ONNX Runtime does: 10·0.7 is 7
 * @param scales spatial scales, or empty to derive out/in
 */
public record Resize(
    Mode mode, Coordinates coordinates, Nearest nearest, List<Long> sizes, List<Float> scales)
    implements KernelOp {

  /** Interpolation. */
  public enum Mode {
    /** The nearest source element. */
    NEAREST,
    /** Linear along every axis (bilinear in 2-D). */
    LINEAR
  }

  /** How an output index o maps to a source coordinate at scale s. */
  public enum Coordinates {
    /** (o + 0.5)/s - 0.5. */
    HALF_PIXEL,
    /** As HALF_PIXEL, but 0 where the output has one element. */
    PYTORCH_HALF_PIXEL,
    /** o·(in - 1)/(out - 1). */
    ALIGN_CORNERS,
    /** o/s. */
    ASYMMETRIC
  }

  /** Rounding of a coordinate in NEAREST mode. */
  public enum Nearest {
    /** To nearest, halves down. */
    ROUND_PREFER_FLOOR,
    /** To nearest, halves up. */
    ROUND_PREFER_CEIL,
    /** Down. */
    FLOOR,
    /** Up. */
    CEIL
  }

  /** Checks that sizes or scales are given. */
  public Resize {
    sizes = List.copyOf(sizes);
    scales = List.copyOf(scales);
    if (sizes.isEmpty() && scales.isEmpty()) {
      throw new IllegalArgumentException("resize: give sizes or scales");
    }
    if (!sizes.isEmpty() && !scales.isEmpty() && sizes.size() != scales.size()) {
      throw new IllegalArgumentException(
          "resize: sizes " + sizes + " and scales " + scales + " differ in rank");
    }
    for (float s : scales) {
      if (!(s > 0 && s < 1e6f)) {
        throw new IllegalArgumentException(
            "resize: scale " + s + " must be positive and below 1e6");
      }
    }
  }

  /** Spatial scales for an input of the given shape. */
  public float[] scalesFor(Shape x) {
    float[] out = new float[x.spatialRank()];
    for (int i = 0; i < out.length; i++) {
      out[i] = scales.isEmpty() ? (float) sizes.get(i) / x.dim(i + 2) : scales.get(i);
    }
    return out;
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    Op.checkCount(this, inputs, 1, 1);
    Shape x = inputs.get(0);
    int rank = Math.max(sizes.size(), scales.size());
    Op.check(
        this,
        x.spatialRank() == rank && rank <= 3,
        "input "
            + x
            + " has "
            + x.spatialRank()
            + " spatial dimensions, but "
            + rank
            + " sizes or scales are given");
    long[] out = new long[rank];
    for (int i = 0; i < rank; i++) {
      out[i] = sizes.isEmpty() ? (long) Math.floor(x.dim(i + 2) * scales.get(i)) : sizes.get(i);
      Op.check(
          this,
          out[i] >= 1,
          "output size " + out[i] + " at axis " + (i + 2) + " of " + x + " must be at least 1");
    }
    return List.of(Conv.outputShape(x.dim(0), x.dim(1), out));
  }
}
