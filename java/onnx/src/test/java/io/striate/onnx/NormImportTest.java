package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.onnx.proto.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NormImportTest {

  private static ModelMaker norm(int opset) {
    return ModelMaker.opset(opset)
        .input("x", -1, 3, 4, 2)
        .weights("scale", 3)
        .weights("shift", 3)
        .weights("mean", 3)
        .floats("variance", new long[] {3}, 0.5f, 2f, 1.25f);
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 9, 14, 15, 21})
  void batchNormalisation(int opset) {
    Peer.check(
        norm(opset)
            .node("BatchNormalization", "x,scale,shift,mean,variance", "y", attr("epsilon", 0.01f))
            .node("BatchNormalization", "x,scale,shift,mean,variance", "z", attr("momentum", 0.5f))
            .output("y", "z"));
  }

  @Test
  void trainingModeIsAnError() {
    String operands = "x,scale,shift,mean,variance";
    ModelMaker flag =
        norm(14).node("BatchNormalization", operands, "y", attr("training_mode", 1)).output("y");
    assertMessage(flag, "training mode");
    ModelMaker outputs = norm(9).node("BatchNormalization", operands, "y,m,v,sm,sv").output("y");
    assertMessage(outputs, "training mode");
    ModelMaker spatial =
        norm(7).node("BatchNormalization", operands, "y", attr("spatial", 0)).output("y");
    assertMessage(spatial, "spatial = 0");
    ModelMaker later =
        norm(9).node("BatchNormalization", operands, "y", attr("spatial", 1)).output("y");
    assertMessage(later, "\"spatial\" is unknown");
  }

  private static void assertMessage(ModelMaker maker, String part) {
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(maker.bytes())).getMessage();
    assertTrue(message.contains(part), message);
  }

  @ParameterizedTest
  @CsvSource({"7,5", "13,3", "22,1"})
  void localResponseNormalisation(int opset, long size) {
    Peer.check(
        ModelMaker.opset(opset)
            .input("x", -1, 7, 3, 2)
            .node("LRN", "x", "y", attr("size", size))
            .node(
                "LRN",
                "x",
                "z",
                attr("size", size),
                attr("alpha", 0.5f),
                attr("beta", 0.6f),
                attr("bias", 2f))
            .output("y", "z"));
  }

  @ParameterizedTest
  @CsvSource({
    "7,Softmax",
    "11,LogSoftmax",
    "12,Softmax",
    "13,Softmax",
    "13,LogSoftmax",
    "20,Softmax"
  })
  void softmax(int opset, String op) {
    ModelMaker maker = ModelMaker.opset(opset).input("x", -1, 3, 4, 2).node(op, "x", "plain");
    maker.output("plain");
    for (long axis = 0; axis < 4; axis++) {
      maker.node(op, "x", "axis" + axis, attr("axis", axis)).output("axis" + axis);
    }
    Peer.check(maker);
    Peer.check(ModelMaker.opset(opset).input("x", -1, 6).node(op, "x", "y").output("y"));
    if (opset >= 11) {
      Peer.check(
          ModelMaker.opset(opset)
              .input("x", -1, 6, 5)
              .node(op, "x", "y", attr("axis", -2))
              .output("y"));
    }
  }

  @Test
  void dropout() {
    for (int opset : new int[] {7, 10}) {
      Peer.check(
          ModelMaker.opset(opset)
              .input("x", -1, 5)
              .node("Dropout", "x", "y,mask", attr("ratio", 0.3f))
              .output("y"));
    }
    for (int opset : new int[] {12, 13, 22}) {
      Peer.check(
          ModelMaker.opset(opset)
              .input("x", -1, 5)
              .floats("ratio", new long[0], 0.3f)
              .initializer(bool("training", false))
              .node("Dropout", "x,ratio,training", "y", attr("seed", 7))
              .node("Dropout", "x", "z")
              .output("y", "z"));
    }
    ModelMaker training =
        ModelMaker.opset(13)
            .input("x", 1, 5)
            .initializer(bool("training", true))
            .node("Dropout", "x,,training", "y")
            .output("y");
    assertMessage(training, "training mode");
  }

  private static TensorProto bool(String name, boolean value) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.BOOL_VALUE)
        .addInt32Data(value ? 1 : 0)
        .build();
  }
}
