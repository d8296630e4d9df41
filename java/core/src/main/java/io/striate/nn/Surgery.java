package io.striate.nn;

import io.striate.graph.Constant;
import io.striate.graph.Graph;
import io.striate.graph.GraphCopy;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.op.Conv;
import io.striate.op.Dropout;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.Identity;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Cuts graphs and rewrites dense layers as convolutions. */
final class Surgery {
  private Surgery() {}

  /** The graph that gives the results of these layers. */
  static Graph outputsAt(Graph graph, List<String> layers) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("name at least one layer");
    }
    List<Value> ends = layers.stream().map(l -> Layers.find(graph, l)).toList();
    GraphCopy copy = new GraphCopy(graph);
    graph.inputs().forEach(copy::value);
    Layers.upTo(graph, ends).forEach(copy::add);
    ends.stream().distinct().forEach(v -> copy.builder().output(copy.value(v)));
    return copy.builder().build();
  }

  /** The name of the value that the last dense or convolution layer reads. */
  static String lastHidden(Graph graph) {
    for (Node node : graph.nodes().reversed()) {
      boolean learned =
          (node.op() instanceof Gemm || node.op() instanceof Conv)
              && graph.constants().containsKey(node.inputs().get(1));
      if (learned && !graph.inputs().contains(node.inputs().get(0))) {
        return node.inputs().get(0).name();
      }
    }
    throw new IllegalArgumentException(
        "model " + graph.name() + " has no hidden layer before a dense or convolution layer");
  }

  /**
   * The same function with dense layers as convolutions, for images of another size. The first
   * dense layer behind a flattening of C, H, W becomes a convolution with an H×W window, those
   * behind it become 1×1 convolutions; flattenings go. Source: Sermanet et al., OverFeat,
   * arXiv:1312.6229; Long et al., arXiv:1411.4038, section 3.1.
   */
  static Graph convolutional(Graph graph, long height, long width) {
    if (graph.inputs().size() != 1 || graph.inputs().get(0).shape().rank() != 4) {
      throw new IllegalArgumentException(
          "model " + graph.name() + " must have one input N, C, H, W, not " + graph.inputs());
    }
    Value input = graph.inputs().get(0);
    GraphCopy copy = new GraphCopy(graph);
    copy.input(input, input.shape().withDim(2, height).withDim(3, width));
    Map<Value, Shape> images = new HashMap<>();
    for (Node node : graph.nodes()) {
      try {
        rewrite(graph, copy, node, images);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "layer "
                + Layers.of(node)
                + " cannot be made convolutional for images of "
                + height
                + "x"
                + width
                + ": "
                + e.getMessage(),
            e);
      }
    }
    return copy.build();
  }

  /** {@code images} has the values that were flattened, with their shape before. */
  private static void rewrite(Graph graph, GraphCopy copy, Node node, Map<Value, Shape> images) {
    Value x = node.inputs().get(0);
    Shape image = images.get(x);
    if (node.op() instanceof Flatten flatten && flatten.axis() == 1 && x.shape().rank() == 4) {
      images.put(node.output(), x.shape());
      copy.put(node.output(), copy.value(x));
    } else if (image == null) {
      copy.add(node);
    } else if (node.op() instanceof Gemm gemm) {
      images.put(node.output(), image.withDim(1, 1).withDim(2, 1).withDim(3, 1));
      dense(graph, copy, node, gemm, image);
    } else if (node.op() instanceof Unary
        || node.op() instanceof Dropout
        || node.op() instanceof Identity
        || node.op() instanceof io.striate.op.Softmax) {
      images.put(node.output(), image);
      copy.add(node);
    } else {
      throw new IllegalArgumentException(
          "a flattened image goes into " + node.op().type() + ", which has no convolutional form");
    }
  }

  private static void dense(Graph graph, GraphCopy copy, Node node, Gemm gemm, Shape image) {
    Value w = node.inputs().get(1);
    Constant weights = graph.constants().get(w);
    if (weights == null || gemm.transA() || !gemm.transB() || w.shape().rank() != 2) {
      throw new IllegalArgumentException(
          "it is a product of activations, or its weights are not [units, features]");
    }
    long features = w.shape().dim(1);
    long[] dims = image.dims();
    dims[0] = w.shape().dim(0);
    dims[1] = features / (dims[2] * dims[3]);
    Shape kernel = Shape.of(dims);
    Value rewritten =
        copy.constant(
            w, Constant.derived(weights.role(), kernel, arena -> reshaped(weights, kernel, arena)));
    List<Value> operands = new ArrayList<>(List.of(copy.value(node.inputs().get(0)), rewritten));
    node.inputs().stream().skip(2).map(copy::value).forEach(operands::add);
    Integer[] window =
        Arrays.stream(dims).skip(2).mapToObj(Math::toIntExact).toArray(Integer[]::new);
    copy.add(node, new Conv(Window.of(window), 1, gemm.epilogue()), operands);
  }

  private static Tensor reshaped(Constant weights, Shape kernel, Arena arena) {
    return new Tensor(TensorDesc.f32(kernel), Weights.dense(weights.data(arena), arena).data());
  }
}
