package io.striate.onnx;

import static io.striate.onnx.GraphExport.attribute;

import io.striate.graph.Node;
import io.striate.onnx.proto.AttributeProto;
import io.striate.op.Resize;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Writes Resize, by scales where they give the sizes, otherwise by sizes. */
final class ExportResize {
  private ExportResize() {}

  static void write(GraphExport out, Node node, Resize r, Shape x) {
    int rank = x.rank();
    float[] scales = r.scalesFor(x);
    Shape result = node.output().shape();
    boolean byScales = true;
    boolean exact = true;
    for (int i = 0; i < scales.length; i++) {
      byScales &= (long) Math.floor(scales[i] * (float) x.dim(i + 2)) == result.dim(i + 2);
      exact &= (float) result.dim(i + 2) / x.dim(i + 2) == scales[i];
    }
    List<AttributeProto> attributes =
        new ArrayList<>(
            List.of(
                attribute("mode", r.mode().name().toLowerCase(Locale.ROOT)),
                attribute(
                    "coordinate_transformation_mode",
                    r.coordinates().name().toLowerCase(Locale.ROOT)),
                attribute("nearest_mode", r.nearest().name().toLowerCase(Locale.ROOT))));
    String in = node.inputs().get(0).name();
    List<String> inputs;
    if (byScales) {
      float[] all = new float[rank];
      java.util.Arrays.fill(all, 1);
      System.arraycopy(scales, 0, all, 2, scales.length);
      inputs = List.of(in, "", out.floats(node, "scales", Shape.of(rank), all));
    } else if (!exact) {
      throw new IllegalArgumentException(
          "resize from "
              + x
              + " to "
              + result
              + " with scales "
              + java.util.Arrays.toString(scales)
              + ": ONNX takes sizes or scales, and these scales give other sizes");
    } else if (out.opset() >= 18) {
      List<Long> sizes = new ArrayList<>();
      IntStream.range(2, rank).forEach(i -> sizes.add(result.dim(i)));
      attributes.add(attribute("axes", IntStream.range(2, rank).boxed().toList()));
      inputs = List.of(in, "", "", out.ints(node, "sizes", sizes));
    } else {
      inputs = List.of(in, "", "", wholeSizes(out, node, in, result));
    }
    ExportOps.main(
        out,
        node,
        "Resize",
        inputs,
        node.output().name(),
        attributes.toArray(AttributeProto[]::new));
  }

  /** Sizes of all dimensions, batch and channels taken from the input, which may have any batch. */
  private static String wholeSizes(GraphExport out, Node node, String in, Shape result) {
    String shape = out.part(node, "shape", "Shape", List.of(in));
    String lead =
        out.part(
            node,
            "lead",
            "Slice",
            List.of(
                shape,
                out.ints(node, "from", Collections.singletonList(0L)),
                out.ints(node, "to", Collections.singletonList(2L))));
    List<Long> sizes = new ArrayList<>();
    IntStream.range(2, result.rank()).forEach(i -> sizes.add(result.dim(i)));
    String spatial = out.ints(node, "spatial", sizes);
    return out.part(node, "sizes", "Concat", List.of(lead, spatial), attribute("axis", 0));
  }
}
