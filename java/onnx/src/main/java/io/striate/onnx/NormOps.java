package io.striate.onnx;

import io.striate.graph.Value;
import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Dropout;
import io.striate.op.Identity;
import io.striate.op.Lrn;
import io.striate.op.Softmax;
import io.striate.tensor.Shape;
import java.util.Arrays;

/** Normalisation, softmax and dropout. */
final class NormOps {
  private NormOps() {}

  static void batchNorm(NodeImport node) {
    Attributes a = node.attributes();
    float epsilon = a.real("epsilon", 1e-5f);
    a.real("momentum", 0.9f); // Matters in training only.
    if (node.opset() < 9 && !a.flag("spatial", true)) {
      throw new IllegalArgumentException(
          "spatial = 0 (statistics per position) is not supported; export with opset 9 or later");
    }
    boolean training = node.opset() >= 14 ? a.flag("training_mode", false) : node.outputCount() > 1;
    if (training) {
      throw new IllegalArgumentException("it is in training mode; export the model for inference");
    }
    node.result(new BatchNorm(epsilon, Activation.NONE), node.flows());
  }

  static void lrn(NodeImport node) {
    Attributes a = node.attributes();
    if (!a.has("size")) {
      throw new IllegalArgumentException("attribute \"size\" is missing");
    }
    node.result(
        new Lrn(
            a.int32("size", 1),
            a.real("alpha", 1e-4f),
            a.real("beta", 0.75f),
            a.real("bias", 1),
            false),
        node.flow(0));
  }

  static void dropout(NodeImport node) {
    Attributes a = node.attributes();
    float ratio = 0.5f;
    if (node.opset() < 12) {
      if (node.has(1)) {
        throw new IllegalArgumentException("the ratio is an input only from opset 12");
      }
      ratio = a.real("ratio", ratio);
    } else {
      a.integer("seed", 0);
      ratio = node.has(1) ? ActivationOps.scalar(node, 1, "ratio") : ratio;
      if (node.has(2) && node.constant(2, "training_mode").ints()[0] != 0) {
        throw new IllegalArgumentException(
            "it is in training mode; export the model for inference");
      }
    }
    // A ratio of 1 would drop everything in training; at inference it is the identity like any
    // other.
    node.result(ratio >= 0 && ratio < 1 ? new Dropout(ratio) : new Identity(), node.flow(0));
  }

  static void softmax(NodeImport node, boolean log) {
    Value x = node.flow(0);
    Shape shape = x.shape();
    if (node.opset() >= 13) {
      node.result(new Softmax(shape.axis(node.attributes().int32("axis", -1)), log), x);
      return;
    }
    int given = node.attributes().int32("axis", 1);
    int axis = given == shape.rank() && node.opset() < 11 ? given : shape.axis(given);
    boolean oneAxis = axis < shape.rank();
    for (int i = axis + 1; i < shape.rank(); i++) {
      oneAxis &= shape.dim(i) == 1;
    }
    if (oneAxis) {
      node.result(new Softmax(axis, log), x);
      return;
    }
    // Before opset 13 the input is seen as a matrix: rows before the axis, columns from it on.
    Value matrix = node.part("matrix", new io.striate.op.Flatten(axis), x);
    Value softmax = node.part("softmax", new Softmax(1, log), matrix);
    int probes = node.scope().probeCount();
    long[][] back = new long[probes][];
    for (int p = 0; p < probes; p++) {
      back[p] = node.shapeAt(x, p).dims();
    }
    node.result(ShapeOps.reshapeTo(node, softmax, Arrays.asList(back)), softmax);
  }
}
