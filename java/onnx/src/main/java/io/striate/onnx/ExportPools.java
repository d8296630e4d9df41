package io.striate.onnx;

import static io.striate.onnx.GraphExport.attribute;

import io.striate.graph.Node;
import io.striate.onnx.proto.AttributeProto;
import io.striate.op.GlobalPool;
import io.striate.op.Pool;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Writes poolings; those that ONNX lacks by convolutions with one channel. */
final class ExportPools {
  private ExportPools() {}

  static void pool(GraphExport out, Node node, Pool p, Shape x) {
    Window w = p.window().resolve(x);
    String in = node.inputs().get(0).name();
    switch (p.kind()) {
      case MAX -> plain(out, node, "MaxPool", in, w, p);
      case AVERAGE_INCLUDE_PAD, AVERAGE_EXCLUDE_PAD -> average(out, node, in, w, p, x);
      case LP -> lp(out, node, in, w, p, x);
      case WEIGHTED -> {
        List<Long> shape = new ArrayList<>(List.of(1L, 1L));
        shape.addAll(ExportOps.longs(w.kernel()));
        String weights =
            out.part(
                node,
                "weights",
                "Reshape",
                List.of(node.inputs().get(1).name(), out.ints(node, "weights_shape", shape)));
        weighted(out, node, in, weights, w, p.ceilMode(), x);
      }
    }
  }

  private static void plain(
      GraphExport out, Node node, String op, String in, Window w, Pool p, AttributeProto... more) {
    List<AttributeProto> attributes = new ArrayList<>(ExportOps.window(w));
    if (!dilated(w)) {
      attributes.removeIf(a -> a.getName().equals("dilations"));
    }
    if (p.ceilMode()) {
      attributes.add(attribute("ceil_mode", 1));
    }
    attributes.addAll(List.of(more));
    ExportOps.main(
        out,
        node,
        op,
        List.of(in),
        node.outputs().get(0).name(),
        attributes.toArray(AttributeProto[]::new));
  }

  private static boolean dilated(Window w) {
    return w.dilation().stream().anyMatch(d -> d != 1);
  }

  private static void average(GraphExport out, Node node, String in, Window w, Pool p, Shape x) {
    boolean include = p.kind() == Pool.Kind.AVERAGE_INCLUDE_PAD;
    if (out.opset() >= 19 || !dilated(w)) {
      plain(out, node, "AveragePool", in, w, p, attribute("count_include_pad", include ? 1 : 0));
    } else if (include) {
      throw new IllegalArgumentException(
          "dilated average pooling that counts padding needs opset 19, not " + out.opset());
    } else {
      weighted(out, node, in, ones(out, node, kernelShape(w)), w, p.ceilMode(), x);
    }
  }

  private static void lp(GraphExport out, Node node, String in, Window w, Pool p, Shape x) {
    boolean whole = p.p() == Math.rint(p.p()) && p.p() <= Integer.MAX_VALUE;
    if (whole && (out.opset() >= 18 || (!dilated(w) && !p.ceilMode()))) {
      plain(out, node, "LpPool", in, w, p, attribute("p", (long) p.p()));
      return;
    }
    String powers = powers(out, node, in, p.p());
    String sums =
        windowSums(out, node, powers, ones(out, node, kernelShape(w)), w, p.ceilMode(), x);
    String rows = out.part(node, "rows", "Pow", List.of(sums, out.number(node, "root", 1 / p.p())));
    back(out, node, rows);
  }

  private static String powers(GraphExport out, Node node, String in, float p) {
    String magnitudes = out.part(node, "magnitudes", "Abs", List.of(in));
    return out.part(node, "powers", "Pow", List.of(magnitudes, out.number(node, "p", p)));
  }

  static void global(GraphExport out, Node node, GlobalPool p, Shape x) {
    String in = node.inputs().get(0).name();
    String result = node.outputs().get(0).name();
    boolean whole = p.p() == Math.rint(p.p()) && p.p() <= Integer.MAX_VALUE;
    switch (p.kind()) {
      case MAX -> ExportOps.main(out, node, "GlobalMaxPool", List.of(in), result);
      case AVERAGE_EXCLUDE_PAD ->
          ExportOps.main(out, node, "GlobalAveragePool", List.of(in), result);
      case LP -> {
        if (whole) {
          ExportOps.main(
              out, node, "GlobalLpPool", List.of(in), result, attribute("p", (long) p.p()));
        } else {
          List<Long> axes = IntStream.range(2, x.rank()).mapToObj(i -> (long) i).toList();
          String sum =
              out.part(
                  node,
                  "sum",
                  "ReduceSum",
                  List.of(powers(out, node, in, p.p()), out.ints(node, "axes", axes)),
                  attribute("keepdims", 1));
          ExportOps.main(
              out, node, "Pow", List.of(sum, out.number(node, "root", 1 / p.p())), result);
        }
      }
      case AVERAGE_INCLUDE_PAD, WEIGHTED ->
          throw new IllegalArgumentException("global pooling has no kind " + p.kind());
    }
  }

  private static Shape kernelShape(Window w) {
    List<Long> dims = new ArrayList<>(List.of(1L, 1L));
    dims.addAll(ExportOps.longs(w.kernel()));
    return Shape.of(dims);
  }

  private static String ones(GraphExport out, Node node, Shape shape) {
    float[] ones = new float[Math.toIntExact(shape.elements())];
    Arrays.fill(ones, 1);
    return out.floats(node, "ones", shape, ones);
  }

  /** Σ w·x / Σ w over the real elements: two convolutions, the second over ones. */
  private static void weighted(
      GraphExport out, Node node, String in, String weights, Window w, boolean ceil, Shape x) {
    long[] single = x.dims();
    single[0] = 1;
    single[1] = 1;
    String sums = windowSums(out, node, in, weights, w, ceil, x);
    String mass =
        convolve(out, node, "mass", ones(out, node, Shape.of(single)), weights, w, ceil, x);
    back(out, node, out.part(node, "quotients", "Div", List.of(sums, mass)));
  }

  /** Every channel as an image of its own, convolved with a kernel of one channel. */
  private static String windowSums(
      GraphExport out, Node node, String in, String weights, Window w, boolean ceil, Shape x) {
    long[] dims = x.dims();
    dims[0] = -1;
    dims[1] = 1;
    String rows =
        out.part(
            node,
            "images",
            "Reshape",
            List.of(in, out.ints(node, "images_shape", NodeImport.boxed(dims))));
    return convolve(out, node, "sums", rows, weights, w, ceil, x);
  }

  private static String convolve(
      GraphExport out,
      Node node,
      String role,
      String in,
      String weights,
      Window w,
      boolean ceil,
      Shape x) {
    long[] outputs = w.outputs(x, ceil);
    List<Integer> end = new ArrayList<>(Collections.nCopies(w.rank(), 0));
    for (int i = 0; i < w.rank(); i++) {
      // What the last window needs, which in ceil mode may exceed the padding.
      long reach = (outputs[i] - 1) * w.stride().get(i) + w.extent(i);
      end.set(i, Math.toIntExact(Math.max(0, reach - x.dim(i + 2) - w.padBegin().get(i))));
    }
    Window padded = w.withPadding(w.padBegin(), end);
    return out.part(
        node,
        role,
        "Conv",
        List.of(in, weights),
        ExportOps.window(padded).toArray(AttributeProto[]::new));
  }

  /** From one image per channel back to the node's result. */
  private static void back(GraphExport out, Node node, String rows) {
    long[] dims = node.output().shape().dims();
    if (out.isDynamicBatch()) {
      dims[0] = -1;
    }
    String shape = out.ints(node, "shape", NodeImport.boxed(dims));
    ExportOps.main(out, node, "Reshape", List.of(rows, shape), node.output().name());
  }
}
