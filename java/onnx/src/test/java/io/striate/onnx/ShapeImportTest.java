package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static io.striate.onnx.ModelMaker.list;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.nn.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShapeImportTest {

  private static ModelMaker images(int opset) {
    return ModelMaker.opset(opset).input("x", -1, 6, 5, 4);
  }

  private static void assertFails(ModelMaker maker, String... parts) {
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(maker.bytes())).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 11, 13})
  void concatenation(int opset) {
    Peer.check(
        images(opset)
            .weights("w", 1, 6, 2, 4)
            .node("Relu", "x", "r")
            .node("Concat", "x,r,x", "a", attr("axis", 1))
            .node("Concat", "x,r", "b", attr("axis", 3))
            .node("Concat", "x,r", "c", attr("axis", 0))
            .output("a", "b", "c"));
    assertFails(images(opset).node("Concat", "x,x", "y").output("y"), "\"axis\" is missing");
  }

  @Test
  void splitByAttributeInputAndCount() {
    for (int opset : new int[] {7, 11}) {
      Peer.check(
          images(opset)
              .node("Split", "x", "a,b,c", attr("axis", 1), list("split", 1, 3, 2))
              .node("Split", "x", "d,e", attr("axis", 3))
              .output("a", "b", "c", "d", "e"));
    }
    for (int opset : new int[] {13, 18}) {
      Peer.check(
          images(opset)
              .ints("sizes", 1, 3, 2)
              .node("Split", "x,sizes", "a,b,c", attr("axis", 1))
              .output("a", "b", "c"));
    }
    Peer.check(images(13).node("Split", "x", "d,e,f", attr("axis", -3)).output("d", "e", "f"));
    Peer.check(
        images(18)
            .node("Split", "x", "a,b", attr("axis", 2), attr("num_outputs", 2))
            .output("b", "a"));
    assertFails(
        images(13).node("Split", "x", "a,b", attr("axis", 2)).output("a", "b"),
        "an axis of 5 does not split into 2 parts");
    assertFails(images(18).node("Split", "x", "a,b", attr("axis", 1)).output("a"), "num_outputs");
    assertFails(
        images(13).node("Split", "x", "a,b", attr("axis", 0)).output("a", "b"),
        "(Split, opset 13)");
  }

  @Test
  void sliceByAttributesAndInputs() {
    Peer.check(
        images(7)
            .node(
                "Slice", "x", "a", list("starts", 1, -2), list("ends", 5, 100), list("axes", 1, 3))
            .node("Slice", "x", "b", list("starts", 0, 1), list("ends", 1000, 4))
            .output("a", "b"));
    for (int opset : new int[] {10, 11, 13}) {
      Peer.check(
          images(opset)
              .ints("starts", 1, -1)
              .ints("ends", Integer.MAX_VALUE, -100)
              .ints("axes", 2, -1)
              .ints("steps", 2, -2)
              .ints("from", 0, 2)
              .ints("to", 9, 4)
              .node("Slice", "x,starts,ends,axes,steps", "a")
              .node("Slice", "x,from,to", "b")
              .ints("min", Long.MIN_VALUE)
              .ints("max", Long.MAX_VALUE)
              .ints("one", 1)
              .ints("minusOne", -1)
              .node("Slice", "x,max,min,one,minusOne", "c")
              .output("a", "b", "c"));
    }
    // ONNX Runtime agrees that a start before the axis, going backwards, takes the first element.
    Peer.check(
        images(13)
            .ints("starts", -100)
            .ints("ends", Long.MIN_VALUE)
            .ints("axes", 2)
            .ints("steps", -1)
            .node("Slice", "x,starts,ends,axes,steps", "a")
            .output("a"));
  }

  @Test
  void padByAttributesAndInputs() {
    long[] amounts = {0, 1, 2, 0, 0, 0, 1, 3};
    for (String mode : new String[] {"constant", "reflect", "edge"}) {
      Peer.check(
          images(7).node("Pad", "x", "y", list("pads", amounts), attr("mode", mode)).output("y"));
      for (int opset : new int[] {11, 13, 18, 21}) {
        Peer.check(
            images(opset)
                .ints("pads", amounts)
                .floats("value", new long[0], 2.5f)
                .node("Pad", "x,pads,value", "y", attr("mode", mode))
                .node("Pad", "x,pads", "z", attr("mode", mode))
                .output("y", "z"));
      }
    }
    Peer.check(
        images(7).node("Pad", "x", "y", list("pads", amounts), attr("value", -1.5f)).output("y"));
    Peer.check(
        images(18)
            .ints("pads", 1, -1, 0, 2)
            .ints("axes", -1, 2)
            .node("Pad", "x,pads,,axes", "y")
            .output("y"));
    assertFails(
        images(19)
            .ints("pads", amounts)
            .node("Pad", "x,pads", "y", attr("mode", "wrap"))
            .output("y"),
        "\"wrap\" is not supported");
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 9, 11, 13, 21, 23})
  void flattenAndTranspose(int opset) {
    ModelMaker maker = images(opset).node("Flatten", "x", "plain").output("plain");
    for (long axis = 0; axis <= 4; axis++) {
      maker.node("Flatten", "x", "axis" + axis, attr("axis", axis)).output("axis" + axis);
    }
    Peer.check(
        maker
            .node("Transpose", "x", "reversed")
            .node("Transpose", "x", "t", list("perm", 0, 2, 3, 1))
            .node("Identity", "x", "same")
            .output("reversed", "t", "same"));
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 13, 14, 19, 21})
  void reshape(int opset) {
    Peer.check(
        images(opset)
            .ints("a_shape", 0, -1)
            .ints("b_shape", -1, 3, 2, 20)
            .ints("c_shape", 0, 0, 20)
            .node("Reshape", "x,a_shape", "a")
            .node("Reshape", "x,b_shape", "b")
            .node("Reshape", "x,c_shape", "c")
            .output("a", "b", "c"));
  }

  @Test
  void reshapeThatFixesTheBatchIsReported() {
    ModelMaker maker = images(13).ints("shape", 1, 120).node("Reshape", "x,shape", "y").output("y");
    assertFails(maker, "works for batch 1, but not for batch 2", "withInputShape");
    Model fixed =
        OnnxModel.load(
            maker.bytes(),
            OnnxOptions.defaults().withInputShape("x", io.striate.tensor.Shape.of(1, 6, 5, 4)));
    assertEquals(false, fixed.graph().isDynamicBatch());
    ModelMaker zero =
        images(14)
            .ints("shape", 0, 120)
            .node("Reshape", "x,shape", "y", attr("allowzero", 1))
            .output("y");
    assertFails(zero, "allowzero");
  }

  @Test
  void squeezeAndUnsqueeze() {
    for (int opset : new int[] {7, 11}) {
      Peer.check(
          ModelMaker.opset(opset)
              .input("x", -1, 1, 3, 1)
              .node("Squeeze", "x", "a", list("axes", 1, 3))
              .node("Unsqueeze", "x", "b", list("axes", 1, 3))
              .output("a", "b"));
    }
    for (int opset : new int[] {13, 21, 23}) {
      Peer.check(
          ModelMaker.opset(opset)
              .input("x", -1, 1, 3, 1)
              .ints("one", 1, -1)
              .node("Squeeze", "x,one", "a")
              .node("Unsqueeze", "x,one", "b")
              .output("a", "b"));
    }
    Peer.check(ModelMaker.opset(13).input("x", 1, 3, 1, 2).node("Squeeze", "x", "a").output("a"));
    assertFails(
        ModelMaker.opset(13).input("x", -1, 3, 1).node("Squeeze", "x", "a").output("a"),
        "(Squeeze, opset 13)",
        "batch");
    assertFails(
        ModelMaker.opset(13).input("x", 1, 3).node("Unsqueeze", "x", "a").output("a"),
        "axes are missing");
  }

  @ParameterizedTest
  @CsvSource({"9", "12", "13", "19"})
  void castOfFloatIsTheIdentity(int opset) {
    Peer.check(images(opset).node("Cast", "x", "y", attr("to", 1)).output("y"));
    assertFails(
        images(opset).node("Cast", "x", "y", attr("to", 10)).output("y"), "cannot become float16");
  }

  @Test
  void constantsOfEveryForm() {
    Peer.check(
        ModelMaker.opset(12)
            .input("x", -1, 3)
            .node("Constant", "", "a", attr("value_float", 2f))
            .node("Constant", "", "b", ModelMaker.floatList("value_floats", 1, 2, 3))
            .node("Constant", "", "c", list("value_ints", 3))
            .node("Constant", "", "d", attr("value_int", 1))
            .node(
                "Constant", "", "e", attr("value", ModelMaker.tensor("e", new long[] {3}, 4, 5, 6)))
            .node("Unsqueeze", "c", "c2", list("axes", 0))
            .node("Squeeze", "c2", "c3", list("axes", 0))
            .node("Cast", "d", "df", attr("to", 1))
            .node("Mul", "x,a", "p")
            .node("Add", "p,b", "q")
            .node("Add", "q,e", "r")
            .node("Sub", "r,df", "s")
            .node("ConstantOfShape", "c3", "zeros")
            .node("Add", "s,zeros", "y")
            .output("y"));
    assertFails(
        ModelMaker.opset(12)
            .input("x", 1, 3)
            .node("Constant", "", "a", attr("value_string", "text"))
            .node("Add", "x,a", "y")
            .output("y"),
        "value_string");
    assertFails(
        ModelMaker.opset(11)
            .input("x", 1, 3)
            .node("Constant", "", "a", attr("value_float", 1f))
            .node("Add", "x,a", "y")
            .output("y"),
        "(Constant, opset 11)");
  }
}
