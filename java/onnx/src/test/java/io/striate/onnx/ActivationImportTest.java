package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.onnx.proto.AttributeProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ActivationImportTest {

  private static void check(int opset, String op, AttributeProto... attributes) {
    Peer.check(
        ModelMaker.opset(opset).input("x", -1, 3, 5).node(op, "x", "y", attributes).output("y"));
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 13, 16, 22})
  void functionsOfOneValue(int opset) {
    check(opset, "Relu");
    check(opset, "Sigmoid");
    check(opset, "Tanh");
    check(opset, "LeakyRelu");
    check(opset, "LeakyRelu", attr("alpha", 0.3f));
    check(opset, "Elu");
    check(opset, "Elu", attr("alpha", 0.7f));
    check(opset, "Selu");
    check(opset, "Selu", attr("alpha", 1.5f), attr("gamma", 2f));
    check(opset, "HardSigmoid");
    check(opset, "HardSigmoid", attr("alpha", 0.3f), attr("beta", 0.4f));
    if (opset >= 14) {
      check(opset, "HardSwish");
    }
    if (opset >= 20) {
      check(opset, "Gelu");
      check(opset, "Gelu", attr("approximate", "tanh"));
    }
  }

  @Test
  void swish() {
    // ONNX Runtime has no Swish, so it is compared with its definition.
    ModelMaker direct =
        ModelMaker.opset(24)
            .input("x", 2, 6)
            .node("Swish", "x", "y", attr("alpha", 1.7f))
            .node("Swish", "x", "z")
            .output("y", "z");
    ModelMaker defined =
        ModelMaker.opset(21)
            .input("x", 2, 6)
            .floats("a", new long[0], 1.7f)
            .node("Mul", "x,a", "ax")
            .node("Sigmoid", "ax", "s")
            .node("Mul", "x,s", "y")
            .node("Sigmoid", "x", "t")
            .node("Mul", "x,t", "z")
            .output("y", "z");
    Peer.check(direct, defined);
  }

  @Test
  void clip() {
    check(7, "Clip");
    check(7, "Clip", attr("min", -0.5f), attr("max", 1f));
    check(10, "Clip", attr("max", 1f));
    for (int opset : new int[] {11, 12, 13}) {
      Peer.check(
          ModelMaker.opset(opset)
              .input("x", -1, 7)
              .floats("min", new long[0], -0.5f)
              .node("Constant", "", "max", attr("value", ModelMaker.tensor("", new long[0], 1f)))
              .node("Clip", "x,min,max", "a")
              .node("Clip", "x,,max", "b")
              .node("Clip", "x,min", "c")
              .node("Clip", "x", "d")
              .output("a", "b", "c", "d"));
    }
    ModelMaker crossed =
        ModelMaker.opset(13)
            .input("x", -1, 7)
            .floats("min", new long[0], 2f)
            .floats("max", new long[0], 1f)
            .node("Clip", "x,min,max", "y")
            .output("y");
    Peer.check(crossed);
  }

  @Test
  void clipLimitsComputedAtRunTimeAreAnError() {
    ModelMaker maker =
        ModelMaker.opset(13)
            .input("x", 1, 7)
            .input("limit", 1)
            .node("Clip", "x,limit", "y")
            .output("y");
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(maker.bytes())).getMessage();
    assertTrue(message.contains("input 1 (min, value \"limit\")"), message);
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 9, 16})
  void parametricRelu(int opset) {
    Peer.check(
        ModelMaker.opset(opset)
            .input("x", -1, 4, 3, 2)
            .weights("channel", 4, 1, 1)
            .weights("one", 1)
            .weights("all", 1, 4, 3, 2)
            .node("PRelu", "x,channel", "a")
            .node("PRelu", "x,one", "b")
            .node("PRelu", "x,all", "c")
            .output("a", "b", "c"));
  }

  @Test
  void operatorsAreBoundToTheirOpsets() {
    String message =
        assertThrows(StriateException.class, () -> check(13, "HardSwish")).getMessage();
    assertTrue(message.contains("HardSwish exists from opset 14"), message);
    assertTrue(message.contains("opset 13"), message);
    message = assertThrows(StriateException.class, () -> check(19, "Gelu")).getMessage();
    assertTrue(message.contains("Gelu exists from opset 20"), message);
    message =
        assertThrows(StriateException.class, () -> check(20, "Gelu", attr("approximate", "fast")))
            .getMessage();
    assertTrue(message.contains("fast"), message);
  }
}
