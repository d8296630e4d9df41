package io.striate.onnx;

import io.striate.graph.Value;
import io.striate.op.Activation;
import io.striate.op.Binary;
import io.striate.op.PRelu;
import io.striate.op.Unary;

/** Element-wise functions of one value. */
final class ActivationOps {
  private ActivationOps() {}

  static void simple(NodeImport node, Activation activation) {
    node.result(new Unary(activation), node.flow(0));
  }

  static void leakyRelu(NodeImport node) {
    simple(node, Activation.leakyRelu(node.attributes().real("alpha", 0.01f)));
  }

  static void elu(NodeImport node) {
    simple(node, Activation.elu(node.attributes().real("alpha", 1)));
  }

  static void selu(NodeImport node) {
    float alpha = node.attributes().real("alpha", 1.6732632f);
    float gamma = node.attributes().real("gamma", 1.050701f);
    simple(node, new Activation(Activation.Kind.SELU, alpha, gamma));
  }

  static void hardSigmoid(NodeImport node) {
    float alpha = node.attributes().real("alpha", 0.2f);
    simple(node, Activation.hardSigmoid(alpha, node.attributes().real("beta", 0.5f)));
  }

  static void gelu(NodeImport node) {
    String approximate = node.attributes().text("approximate", "none");
    simple(
        node,
        switch (approximate) {
          case "none" -> Activation.GELU;
          case "tanh" -> Activation.GELU_TANH;
          default ->
              throw new IllegalArgumentException(
                  "approximate is \"" + approximate + "\"; none and tanh are known");
        });
  }

  /** x·sigmoid(alpha·x). */
  static void swish(NodeImport node) {
    float alpha = node.attributes().real("alpha", 1);
    if (alpha == 1) {
      simple(node, Activation.SILU);
      return;
    }
    Value x = node.flow(0);
    Value factor =
        node.partConstant("alpha", HostTensor.ofFloats(ElementType.FLOAT, new long[0], alpha));
    Value scaled = node.part("scaled", Binary.of(Binary.Kind.MUL), x, factor);
    Value sigmoid = node.part("sigmoid", new Unary(Activation.SIGMOID), scaled);
    node.result(Binary.of(Binary.Kind.MUL), x, sigmoid);
  }

  static void clip(NodeImport node) {
    float min = -Float.MAX_VALUE;
    float max = Float.MAX_VALUE;
    if (node.opset() < 11) {
      if (node.has(1) || node.has(2)) {
        throw new IllegalArgumentException("the limits are inputs only from opset 11");
      }
      min = node.attributes().real("min", min);
      max = node.attributes().real("max", max);
    } else {
      min = node.has(1) ? scalar(node, 1, "min") : min;
      max = node.has(2) ? scalar(node, 2, "max") : max;
    }
    // With min above max every element becomes max.
    simple(node, Activation.clip(Math.min(min, max), max));
  }

  static void prelu(NodeImport node) {
    node.result(new PRelu(), node.flow(0), node.flow(1));
  }

  /** The only element of a constant floating-point input. */
  static float scalar(NodeImport node, int i, String role) {
    HostTensor t = node.constant(i, role);
    if (t.count() != 1) {
      throw new IllegalArgumentException(
          "its input " + i + " (" + role + ") is " + t + "; one number is expected");
    }
    return t.floats()[0];
  }
}
