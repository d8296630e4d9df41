package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static io.striate.onnx.ModelMaker.list;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.onnx.proto.AttributeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One network in every opset, each time in the form that the opset has for its operators. */
class OpsetSweepTest {
  /** The newest opset that ONNX Runtime 1.29.0 loads. */
  private static final int PEER = 26;

  static IntStream opsets() {
    return IntStream.rangeClosed(OnnxModel.MIN_OPSET, OnnxModel.MAX_OPSET);
  }

  /** A parameter that older opsets have as an attribute and newer ones as an input. */
  private static void listed(
      ModelMaker m, String op, int inputSince, String in, String out, String name, long... values) {
    if (m.opset() < inputSince) {
      m.node(op, in, out, list(name, values));
    } else {
      m.ints(out + "_" + name, values).node(op, in + "," + out + "_" + name, out);
    }
  }

  private static ModelMaker network(int opset) {
    ModelMaker m =
        ModelMaker.opset(opset)
            .input("x", -1, 3, 12, 10)
            .weights("w1", 8, 3, 3, 3)
            .weights("b1", 8)
            .weights("scale", 8)
            .weights("shift", 8)
            .weights("mean", 8)
            .floats("variance", new long[] {8}, 1, 2, 0.5f, 1, 1, 3, 1, 0.25f)
            .weights("w2", 8, 4, 2, 2)
            .weights("w3", 4, 5);
    listed(m, "Pad", 11, "x", "padded", "pads", 0, 0, 1, 0, 0, 0, 1, 2);
    m.node("Conv", "padded,w1,b1", "c1", list("strides", 2, 1))
        .node("BatchNormalization", "c1,scale,shift,mean,variance", "n1")
        .node("LeakyRelu", "n1", "r1", attr("alpha", 0.1f));
    List<AttributeProto> pool = new ArrayList<>(List.of(list("kernel_shape", 2, 2)));
    if (opset >= 10) {
      pool.add(attr("ceil_mode", 1));
      pool.add(list("strides", 2, 2));
    }
    m.node("MaxPool", "r1", "p1", pool.toArray(AttributeProto[]::new))
        .node("AveragePool", "p1", "p2", list("kernel_shape", 2, 2), list("pads", 0, 1, 1, 0));
    if (opset < 10) {
      m.node("Slice", "p2", "s1", list("axes", 1), list("starts", 2), list("ends", -2));
    } else {
      m.ints("s_starts", 2).ints("s_ends", -2).ints("s_axes", 1);
      m.node("Slice", "p2,s_starts,s_ends,s_axes", "s1");
    }
    if (opset < 13) {
      m.node("Split", "p2", "h1,h2", attr("axis", 1), list("split", 4, 4));
    } else {
      m.ints("sizes", 4, 4).node("Split", "p2,sizes", "h1,h2", attr("axis", 1));
    }
    m.node("Concat", "s1,h2", "joined", attr("axis", 1))
        .node("ConvTranspose", "joined,w2", "t1", list("strides", 2, 2));
    if (opset < 11) {
      m.node("Clip", "t1", "clipped", attr("min", -1f), attr("max", 1.5f));
    } else {
      m.floats("low", new long[0], -1f).floats("high", new long[0], 1.5f);
      m.node("Clip", "t1,low,high", "clipped");
    }
    if (opset < 18) {
      m.node("ReduceMean", "clipped", "mean2", list("axes", 2, 3), attr("keepdims", 0));
    } else {
      m.ints("spatial", 2, 3).node("ReduceMean", "clipped,spatial", "mean2", attr("keepdims", 0));
    }
    listed(m, "Unsqueeze", 13, "mean2", "u1", "axes", 2);
    listed(m, "Squeeze", 13, "u1", "u2", "axes", 2);
    m.node("Dropout", "u2", "dropped")
        .node("MatMul", "dropped,w3", "scores")
        .node("Softmax", "scores", "y")
        .node("Transpose", "clipped", "turned", list("perm", 0, 2, 3, 1))
        .node("Flatten", "turned", "z");
    return m.output("y", "z");
  }

  @ParameterizedTest
  @MethodSource("opsets")
  void oneNetwork(int opset) {
    Peer.check(network(opset), network(Math.min(opset, PEER)));
  }

  @Test
  void theDocumentListsTheOperators() throws IOException {
    String root = System.getProperty("striate.root", "../..");
    String text = Files.readString(Path.of(root, "docs", "onnx.md"));
    int from = text.indexOf("## Operators");
    int end = text.indexOf("Not supported within these", from);
    Set<String> listed = new TreeSet<>();
    for (String paragraph : text.substring(from, end).lines().toList()) {
      if (paragraph.contains(", ") && paragraph.endsWith(".")) {
        Arrays.stream(paragraph.substring(0, paragraph.length() - 1).split(", ", -1))
            .map(word -> word.replaceAll(" \\(.*", ""))
            .forEach(listed::add);
      }
    }
    assertEquals(Operators.supported(), listed);
  }
}
