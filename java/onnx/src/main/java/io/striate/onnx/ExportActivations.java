package io.striate.onnx;

import static io.striate.onnx.GraphExport.attribute;

import io.striate.graph.Node;
import io.striate.op.Activation;
import java.util.ArrayList;
import java.util.List;

/** Writes activations; those that ONNX lacks as their formulas. */
final class ExportActivations {
  private ExportActivations() {}

  /**
   * Adds the activation of {@code x} as the node's result.
   *
   * @param name the name of the node that makes the result
   */
  static void write(GraphExport out, Node node, String name, Activation a, String x) {
    String result = node.outputs().get(0).name();
    switch (a.kind()) {
      case NONE -> out.node(name, "Identity", List.of(x), result);
      case RELU -> out.node(name, "Relu", List.of(x), result);
      case LEAKY_RELU ->
          out.node(name, "LeakyRelu", List.of(x), result, attribute("alpha", a.alpha()));
      case ELU -> out.node(name, "Elu", List.of(x), result, attribute("alpha", a.alpha()));
      case SELU ->
          out.node(
              name,
              "Selu",
              List.of(x),
              result,
              attribute("alpha", a.alpha()),
              attribute("gamma", a.beta()));
      case SIGMOID -> out.node(name, "Sigmoid", List.of(x), result);
      case TANH -> out.node(name, "Tanh", List.of(x), result);
      case SCALED_TANH -> {
        String inner = times(out, node, "inner", x, a.beta());
        String tanh = out.part(node, "tanh", "Tanh", List.of(inner));
        out.node(name, "Mul", List.of(tanh, out.number(node, "outer", a.alpha())), result);
      }
      case HARD_SIGMOID ->
          out.node(
              name,
              "HardSigmoid",
              List.of(x),
              result,
              attribute("alpha", a.alpha()),
              attribute("beta", a.beta()));
      case HARD_SWISH -> out.node(name, "HardSwish", List.of(x), result);
      case GELU, GELU_TANH -> gelu(out, node, name, a, x, result);
      case SILU -> {
        String sigmoid = out.part(node, "sigmoid", "Sigmoid", List.of(x));
        out.node(name, "Mul", List.of(x, sigmoid), result);
      }
      case CLIP -> {
        List<String> inputs =
            new ArrayList<>(
                List.of(x, out.number(node, "min", a.alpha()), out.number(node, "max", a.beta())));
        out.node(name, "Clip", inputs, result);
      }
    }
  }

  private static String times(GraphExport out, Node node, String role, String x, float factor) {
    return out.part(node, role, "Mul", List.of(x, out.number(node, role + "_factor", factor)));
  }

  private static void gelu(
      GraphExport out, Node node, String name, Activation a, String x, String result) {
    boolean tanh = a.kind() == Activation.Kind.GELU_TANH;
    if (out.opset() >= 20) {
      String mode = tanh ? "tanh" : "none";
      out.node(name, "Gelu", List.of(x), result, attribute("approximate", mode));
      return;
    }
    String curve;
    if (tanh) {
      String square = out.part(node, "square", "Mul", List.of(x, x));
      String cube = out.part(node, "cube", "Mul", List.of(square, x));
      String small = times(out, node, "small", cube, 0.044715f);
      String sum = out.part(node, "sum", "Add", List.of(x, small));
      String inner = times(out, node, "inner", sum, (float) Math.sqrt(2 / Math.PI));
      curve = out.part(node, "curve", "Tanh", List.of(inner));
    } else {
      String inner = times(out, node, "inner", x, (float) Math.sqrt(0.5));
      curve = out.part(node, "curve", "Erf", List.of(inner));
    }
    String one = out.part(node, "plus_one", "Add", List.of(curve, out.number(node, "one", 1)));
    String half = times(out, node, "half", x, 0.5f);
    out.node(name, "Mul", List.of(half, one), result);
  }
}
