package io.striate.onnx;

import io.striate.graph.Value;
import io.striate.op.Identity;
import io.striate.op.Resize;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Resize and its predecessor Upsample, for the spatial dimensions of N, C, spatial…. */
final class ResizeOps {
  private ResizeOps() {}

  static void upsample(NodeImport node) {
    Attributes a = node.attributes();
    float[] scales;
    if (node.opset() < 9) {
      List<Float> list = a.reals("scales");
      if (list == null || node.inputCount() > 1) {
        throw new IllegalArgumentException(
            "scales are a required attribute before opset 9, and no input");
      }
      scales = new float[list.size()];
      for (int i = 0; i < scales.length; i++) {
        scales[i] = list.get(i);
      }
    } else {
      if (!node.has(1)) {
        throw new IllegalArgumentException("the input scales is missing");
      }
      scales = node.constant(1, "scales").floats();
    }
    Resize.Mode mode = mode(a);
    byScales(
        node, mode, Resize.Coordinates.ASYMMETRIC, Resize.Nearest.FLOOR, allAxes(node), scales);
  }

  static void resize(NodeImport node) {
    Attributes a = node.attributes();
    Resize.Mode mode = mode(a);
    if (node.opset() < 11) {
      if (node.inputCount() > 2 || !node.has(1)) {
        throw new IllegalArgumentException("opset 10 takes the inputs X and scales");
      }
      float[] scales = node.constant(1, "scales").floats();
      byScales(
          node,
          mode,
          Resize.Coordinates.ASYMMETRIC,
          nearestOfOpset10(scales),
          allAxes(node),
          scales);
      return;
    }
    String transformation = a.text("coordinate_transformation_mode", "half_pixel");
    Resize.Nearest nearest = nearest(a.text("nearest_mode", "round_prefer_floor"));
    a.real("cubic_coeff_a", -0.75f); // For cubic interpolation only, which is not supported.
    a.real("extrapolation_value", 0); // For tf_crop_and_resize only, which is not supported.
    if (a.flag("exclude_outside", false)) {
      throw new IllegalArgumentException("exclude_outside = 1 is not supported");
    }
    List<Long> axes = allAxes(node);
    String policy = "stretch";
    if (node.opset() >= 18) {
      if (a.flag("antialias", false)) {
        throw new IllegalArgumentException("antialias = 1 is not supported");
      }
      policy = a.text("keep_aspect_ratio_policy", policy);
      List<Long> given = a.integers("axes");
      axes = given != null ? given : axes;
    }
    boolean byScales = node.has(2) && node.probes(2, "scales").getFirst().count() > 0;
    if (byScales == node.has(3)) {
      throw new IllegalArgumentException("either scales or sizes must be given");
    }
    if (byScales) {
      float[] scales = node.constant(2, "scales").floats();
      byScales(node, mode, coordinates(transformation, node, axes, scales), nearest, axes, scales);
    } else {
      bySizes(
          node, mode, coordinates(transformation, node, axes, new float[0]), nearest, axes, policy);
    }
  }

  private static List<Long> allAxes(NodeImport node) {
    return LongStream.range(0, node.flow(0).shape().rank()).boxed().toList();
  }

  private static Resize.Mode mode(Attributes a) {
    String mode = a.text("mode", "nearest");
    return switch (mode) {
      case "nearest" -> Resize.Mode.NEAREST;
      case "linear" -> Resize.Mode.LINEAR;
      default ->
          throw new IllegalArgumentException(
              "mode \"" + mode + "\" is not supported; nearest and linear are");
    };
  }

  private static Resize.Nearest nearest(String name) {
    return switch (name) {
      case "round_prefer_floor" -> Resize.Nearest.ROUND_PREFER_FLOOR;
      case "round_prefer_ceil" -> Resize.Nearest.ROUND_PREFER_CEIL;
      case "floor" -> Resize.Nearest.FLOOR;
      case "ceil" -> Resize.Nearest.CEIL;
      default -> throw new IllegalArgumentException("nearest_mode \"" + name + "\" is unknown");
    };
  }

  /** Opset 10 leaves the rounding open; runtimes round down when enlarging and up when reducing. */
  private static Resize.Nearest nearestOfOpset10(float[] scales) {
    boolean enlarges = false;
    boolean reduces = false;
    for (float s : scales) {
      enlarges |= s > 1;
      reduces |= s < 1;
    }
    if (enlarges && reduces) {
      throw new IllegalArgumentException(
          "opset 10 does not define the rounding where one axis grows and another shrinks; export with opset 11 or later");
    }
    return reduces ? Resize.Nearest.CEIL : Resize.Nearest.FLOOR;
  }

  private static Resize.Coordinates coordinates(
      String name, NodeImport node, List<Long> axes, float[] scales) {
    return switch (name) {
      case "half_pixel" -> Resize.Coordinates.HALF_PIXEL;
      case "pytorch_half_pixel" -> Resize.Coordinates.PYTORCH_HALF_PIXEL;
      case "align_corners" -> Resize.Coordinates.ALIGN_CORNERS;
      case "asymmetric" -> Resize.Coordinates.ASYMMETRIC;
      case "half_pixel_symmetric" -> {
        // Differs from half_pixel only where size times scale is no whole number.
        Shape x = node.flow(0).shape();
        for (int i = 0; i < Math.min(scales.length, axes.size()); i++) {
          double exact = scales[i] * (double) x.dim(NodeImport.int32(axes.get(i)));
          if (node.opset() < 19 || exact != Math.rint(exact)) {
            throw new IllegalArgumentException(
                "coordinate_transformation_mode half_pixel_symmetric is supported from opset 19 and for whole output"
                    + " sizes only, not for scale "
                    + scales[i]
                    + " on "
                    + x);
          }
        }
        yield Resize.Coordinates.HALF_PIXEL;
      }
      default ->
          throw new IllegalArgumentException(
              "coordinate_transformation_mode \""
                  + name
                  + "\" is not supported; half_pixel, pytorch_half_pixel,"
                  + " align_corners, asymmetric and half_pixel_symmetric are");
    };
  }

  private static void byScales(
      NodeImport node,
      Resize.Mode mode,
      Resize.Coordinates coordinates,
      Resize.Nearest nearest,
      List<Long> axes,
      float[] scales) {
    Value x = node.flow(0);
    if (scales.length != axes.size()) {
      throw new IllegalArgumentException(
          scales.length + " scales are given for the axes " + axes + " of " + x.shape());
    }
    int rank = x.shape().rank();
    float[] all = new float[rank];
    java.util.Arrays.fill(all, 1);
    for (int i = 0; i < scales.length; i++) {
      all[x.shape().axis(NodeImport.int32(axes.get(i)))] = scales[i];
    }
    List<Long> sizes = new ArrayList<>();
    List<Float> spatial = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      if (i < 2) {
        requireUnchanged(all[i] == 1, i, "scale " + all[i], x.shape());
      } else {
        // In f32, as other runtimes do: 0.7f · 10 is 7.
        sizes.add((long) Math.floor(all[i] * (float) x.shape().dim(i)));
        spatial.add(all[i]);
      }
    }
    emit(node, x, mode, coordinates, nearest, sizes, spatial);
  }

  private static void bySizes(
      NodeImport node,
      Resize.Mode mode,
      Resize.Coordinates coordinates,
      Resize.Nearest nearest,
      List<Long> axes,
      String policy) {
    Value x = node.flow(0);
    List<HostTensor> probes = node.probes(3, "sizes");
    int rank = x.shape().rank();
    long[] wanted = new long[rank];
    boolean[] given = new boolean[rank];
    for (int p = 0; p < probes.size(); p++) {
      long[] sizes = probes.get(p).ints();
      if (sizes.length != axes.size()) {
        throw new IllegalArgumentException(
            sizes.length + " sizes are given for the axes " + axes + " of " + x.shape());
      }
      for (int i = 0; i < sizes.length; i++) {
        int axis = x.shape().axis(NodeImport.int32(axes.get(i)));
        given[axis] = true;
        if (axis < 2) {
          for (int q = 0; q < node.scope().probeCount(); q++) {
            long size = probes.get(probes.size() == 1 ? 0 : q).ints()[i];
            requireUnchanged(
                size == node.shapeAt(x, q).dim(axis), axis, "size " + size, node.shapeAt(x, q));
          }
        } else if (p > 0 && wanted[axis] != sizes[i]) {
          throw new IllegalArgumentException("the size of axis " + axis + " depends on the batch");
        }
        wanted[axis] = sizes[i];
      }
    }
    float common = commonScale(policy, wanted, given, x.shape());
    List<Long> out = new ArrayList<>();
    List<Float> scales = new ArrayList<>();
    for (int i = 2; i < rank; i++) {
      long in = x.shape().dim(i);
      if (!given[i]) {
        out.add(in);
        scales.add(1f);
      } else if (common > 0) {
        out.add((long) Math.floor(common * in + 0.5f));
        scales.add(common);
      } else {
        out.add(wanted[i]);
        scales.add((float) wanted[i] / in);
      }
    }
    emit(node, x, mode, coordinates, nearest, out, scales);
  }

  /**
   * One scale for all axes by keep_aspect_ratio_policy, or 0 if every axis is stretched on its own.
   */
  private static float commonScale(String policy, long[] wanted, boolean[] given, Shape x) {
    if (policy.equals("stretch")) {
      return 0;
    }
    if (!policy.equals("not_larger") && !policy.equals("not_smaller")) {
      throw new IllegalArgumentException("keep_aspect_ratio_policy \"" + policy + "\" is unknown");
    }
    @Nullable Float common = null;
    for (int i = 0; i < wanted.length; i++) {
      if (given[i]) {
        if (i < 2) {
          throw new IllegalArgumentException(
              "keep_aspect_ratio_policy "
                  + policy
                  + " is supported with axes that leave out batch and channels only");
        }
        float scale = (float) wanted[i] / x.dim(i);
        common =
            common == null
                ? Float.valueOf(scale)
                : policy.equals("not_larger") ? Math.min(common, scale) : Math.max(common, scale);
      }
    }
    return common == null ? 0 : common;
  }

  private static void requireUnchanged(boolean unchanged, int axis, String what, Shape x) {
    if (!unchanged) {
      throw new IllegalArgumentException(
          what
              + " at axis "
              + axis
              + " of "
              + x
              + ": only spatial dimensions (after N and C) can be resized");
    }
  }

  private static void emit(
      NodeImport node,
      Value x,
      Resize.Mode mode,
      Resize.Coordinates coordinates,
      Resize.Nearest nearest,
      List<Long> sizes,
      List<Float> scales) {
    if (sizes.isEmpty()) {
      node.result(new Identity(), x);
    } else {
      node.result(new Resize(mode, coordinates, nearest, sizes, scales), x);
    }
  }
}
