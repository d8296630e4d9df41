package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static io.striate.onnx.ModelMaker.list;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.onnx.proto.AttributeProto;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolImportTest {

  private static ModelMaker pool(int opset, String op, AttributeProto... attributes) {
    return ModelMaker.opset(opset)
        .input("x", -1, 3, 10, 9)
        .node(op, "x", "y", attributes)
        .output("y");
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 8, 10, 11, 12, 22})
  void maxPooling(int opset) {
    List<AttributeProto> attributes =
        new ArrayList<>(
            List.of(list("kernel_shape", 3, 2), list("strides", 2, 2), list("pads", 1, 0, 0, 1)));
    Peer.check(pool(opset, "MaxPool", attributes.toArray(AttributeProto[]::new)));
    if (opset >= 8) {
      attributes.add(attr("storage_order", 0));
    }
    if (opset >= 10) {
      attributes.add(attr("ceil_mode", 1));
      attributes.add(list("dilations", 2, 1));
    }
    Peer.check(pool(opset, "MaxPool", attributes.toArray(AttributeProto[]::new)));
  }

  @ParameterizedTest
  @CsvSource({"SAME_UPPER,2", "SAME_LOWER,2", "SAME_UPPER,3", "VALID,2", "NOTSET,1"})
  void automaticPadding(String mode, long stride) {
    for (String op : List.of("MaxPool", "AveragePool", "LpPool")) {
      Peer.check(
          pool(
              13,
              op,
              list("kernel_shape", 3, 4),
              list("strides", stride, stride),
              attr("auto_pad", mode)));
    }
  }

  @ParameterizedTest
  @CsvSource({"7,0,0", "7,1,0", "10,0,1", "11,1,1", "13,1,1", "19,0,1", "19,1,1", "22,0,0"})
  void averagePooling(int opset, long include, long ceil) {
    List<AttributeProto> attributes =
        new ArrayList<>(
            List.of(
                list("kernel_shape", 3, 3),
                list("strides", 2, 3),
                list("pads", 1, 0, 1, 1),
                attr("count_include_pad", include)));
    if (opset >= 10) {
      attributes.add(attr("ceil_mode", ceil));
    }
    Peer.check(pool(opset, "AveragePool", attributes.toArray(AttributeProto[]::new)));
    if (opset >= 19) {
      attributes.add(list("dilations", 2, 2));
      Peer.check(pool(opset, "AveragePool", attributes.toArray(AttributeProto[]::new)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 11, 18, 22})
  void lpPooling(int opset) {
    List<AttributeProto> attributes =
        new ArrayList<>(List.of(list("kernel_shape", 3, 2), list("strides", 2, 1), attr("p", 3)));
    Peer.check(pool(opset, "LpPool", list("kernel_shape", 3, 2), list("pads", 1, 1, 0, 0)));
    if (opset >= 18) {
      attributes.add(list("dilations", 2, 2));
    }
    Peer.check(pool(opset, "LpPool", attributes.toArray(AttributeProto[]::new)));
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 13, 22})
  void globalPooling(int opset) {
    Peer.check(pool(opset, "GlobalAveragePool"));
    Peer.check(pool(opset, "GlobalMaxPool"));
    // ONNX Runtime has GlobalLpPool up to opset 21 only; its meaning has not changed since 2.
    int known = Math.min(opset, 21);
    Peer.check(pool(opset, "GlobalLpPool"), pool(known, "GlobalLpPool"));
    Peer.check(
        pool(opset, "GlobalLpPool", attr("p", 1)), pool(known, "GlobalLpPool", attr("p", 1)));
  }

  @Test
  void oneAndThreeDimensions() {
    Peer.check(
        ModelMaker.opset(13)
            .input("x", -1, 2, 11)
            .node("MaxPool", "x", "y", list("kernel_shape", 3), list("strides", 2))
            .node("GlobalAveragePool", "x", "z")
            .output("y", "z"));
    Peer.check(
        ModelMaker.opset(13)
            .input("x", -1, 2, 5, 6, 4)
            .node("AveragePool", "x", "y", list("kernel_shape", 2, 3, 2))
            .output("y"));
  }

  private static void assertFails(ModelMaker maker, String... parts) {
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(maker.bytes())).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void attributesOfLaterOpsetsAreUnknown() {
    assertFails(
        pool(9, "MaxPool", list("kernel_shape", 2, 2), attr("ceil_mode", 1)),
        "node \"MaxPool_0\" (MaxPool, opset 9)",
        "\"ceil_mode\" is unknown");
    assertFails(
        pool(13, "AveragePool", list("kernel_shape", 2, 2), list("dilations", 2, 2)), "dilations");
    assertFails(pool(13, "MaxPool"), "\"kernel_shape\" is missing");
  }

  @Test
  void indicesAreAnErrorOnlyIfUsed() {
    ModelMaker unused =
        ModelMaker.opset(13)
            .input("x", -1, 3, 10, 9)
            .node("MaxPool", "x", "y,indices", list("kernel_shape", 2, 2))
            .output("y");
    Peer.check(unused);
    ModelMaker used =
        ModelMaker.opset(13)
            .input("x", -1, 3, 10, 9)
            .node("MaxPool", "x", "y,indices", list("kernel_shape", 2, 2))
            .node("Cast", "indices", "z", attr("to", 1))
            .output("z");
    assertFails(used, "\"indices\"", "output 1 of node \"MaxPool_0\" (MaxPool, opset 13)");
  }
}
