package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static io.striate.onnx.ModelMaker.list;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.nn.Model;
import io.striate.onnx.proto.AttributeProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixImportTest {

  private static ModelMaker gemm(int opset, String c, AttributeProto... attributes) {
    ModelMaker maker =
        ModelMaker.opset(opset)
            .input("x", -1, 4)
            .weights("w", 4, 5)
            .weights("row", 5)
            .weights("flatrow", 1, 5)
            .weights("number", 1)
            .weights("scalar");
    return maker.node("Gemm", "x,w" + c, "y", attributes).output("y");
  }

  @ParameterizedTest
  @CsvSource({"7,row", "9,flatrow", "11,number", "13,scalar", "13,row", "11,''"})
  void gemmAddends(int opset, String c) {
    String third = c.isEmpty() ? "" : "," + c;
    Peer.check(gemm(opset, third));
    Peer.check(gemm(opset, third, attr("alpha", 0.5f), attr("beta", -2f)));
    Peer.check(gemm(opset, third, attr("beta", 0f)));
  }

  @Test
  void gemmColumnAndMatrixAddends() {
    Peer.check(
        ModelMaker.opset(13)
            .input("x", 3, 4)
            .input("v", 3, 5)
            .input("r", 5)
            .weights("w", 5, 4)
            .weights("column", 3, 1)
            .weights("matrix", 3, 5)
            .node("Gemm", "x,w,column", "a", attr("transB", 1), attr("beta", 0.5f))
            .node("Gemm", "x,w,matrix", "b", attr("transB", 1))
            .node("Gemm", "x,w,v", "c", attr("transB", 1), attr("beta", 3f), attr("alpha", 2f))
            .node("Gemm", "x,w,r", "d", attr("transB", 1))
            .node("Gemm", "x,v", "e", attr("transA", 1), attr("alpha", 0.25f))
            .node("Gemm", "x,v,column4", "f", attr("transA", 1), attr("alpha", 0.25f))
            .weights("column4", 4, 1)
            .output("a", "b", "c", "d", "e", "f"));
  }

  @Test
  void gemmNeedsMatrices() {
    ModelMaker maker =
        ModelMaker.opset(13)
            .input("x", 1, 2, 4)
            .weights("w", 4, 5)
            .node("Gemm", "x,w", "y")
            .output("y");
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(maker.bytes())).getMessage();
    assertTrue(message.contains("(Gemm, opset 13)") && message.contains("matrices"), message);
    ModelMaker early =
        ModelMaker.opset(9)
            .input("x", 1, 4)
            .weights("w", 4, 5)
            .node("Gemm", "x,w", "y")
            .output("y");
    assertThrows(StriateException.class, () -> OnnxModel.load(early.bytes()));
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 9, 13})
  void matrixProductsOfAnyRank(int opset) {
    Peer.check(
        ModelMaker.opset(opset)
            .input("x", -1, 3, 4)
            .weights("matrix", 4, 5)
            .weights("vector", 4)
            .weights("row", 3)
            .weights("stack", 1, 4, 2)
            .node("MatMul", "x,matrix", "a")
            .node("MatMul", "x,vector", "b")
            .node("MatMul", "row,x", "c")
            .node("MatMul", "x,stack", "d")
            .output("a", "b", "c", "d"));
    Peer.check(
        ModelMaker.opset(opset).input("x", 4).input("y", 4).node("MatMul", "x,y", "s").output("s"));
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 13, 14})
  void arithmeticBroadcasts(int opset) {
    for (String op : new String[] {"Add", "Sub", "Mul", "Div"}) {
      Peer.check(
          ModelMaker.opset(opset)
              .input("x", -1, 3, 4)
              .weights("full", 1, 3, 4)
              .weights("channel", 3, 1)
              .weights("last", 4)
              .weights("scalar")
              .node(op, "x,full", "a")
              .node(op, "channel,x", "b")
              .node(op, "x,last", "c")
              .node(op, "x,scalar", "d")
              .node(op, "x,x", "e")
              .output("a", "b", "c", "d", "e"));
    }
  }

  @Test
  void sumsAndMeansOfMany() {
    Peer.check(
        ModelMaker.opset(13)
            .input("x", -1, 3)
            .input("y", -1, 3)
            .weights("z", 3)
            .node("Sum", "x,y,z", "a")
            .node("Sum", "x", "b")
            .node("Mean", "x,y,z", "c")
            .node("Sum", "x,y", "d")
            .output("a", "b", "c", "d"));
    ModelMaker early =
        ModelMaker.opset(7).input("x", 2, 3).weights("z", 3).node("Sum", "x,z", "a").output("a");
    assertThrows(StriateException.class, () -> OnnxModel.load(early.bytes()));
  }

  @ParameterizedTest
  @CsvSource({
    "7,ReduceMean",
    "11,ReduceMean",
    "13,ReduceMean",
    "11,ReduceSum",
    "12,ReduceMax",
    "13,ReduceMax"
  })
  void reductionsWithAttributes(int opset, String op) {
    Peer.check(
        ModelMaker.opset(opset)
            .input("x", -1, 3, 4, 5)
            .node(op, "x", "a", list("axes", 2, 3))
            .node(op, "x", "b", list("axes", 1), attr("keepdims", 0))
            .node(op, "x", "c")
            .output("a", "b", "c"));
  }

  @ParameterizedTest
  @CsvSource({"13,ReduceSum", "18,ReduceMean", "18,ReduceMax", "20,ReduceMax", "18,ReduceSum"})
  void reductionsWithInputs(int opset, String op) {
    Peer.check(
        ModelMaker.opset(opset)
            .input("x", -1, 3, 4, 5)
            .ints("spatial", -1, -2)
            .ints("channel", 1)
            .node(op, "x,spatial", "a")
            .node(op, "x,channel", "b", attr("keepdims", 0))
            .node(op, "x", "c", attr("keepdims", 0))
            .node(op, "x", "d", attr("noop_with_empty_axes", 1))
            .output("a", "b", "c", "d"));
  }

  @Test
  void axesAreAnAttributeOrAnInputByOpset() {
    ModelMaker maker =
        ModelMaker.opset(18)
            .input("x", 1, 3)
            .node("ReduceMean", "x", "y", list("axes", 1))
            .output("y");
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(maker.bytes())).getMessage();
    assertTrue(message.contains("attribute \"axes\" is unknown"), message);
  }

  @Test
  void alphaAndBetaCostNoNodes() {
    Model model =
        OnnxModel.load(gemm(13, ",flatrow", attr("alpha", 0.5f), attr("beta", 2f)).bytes());
    assertEquals(1, model.graph().nodes().size());
  }
}
