package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static io.striate.onnx.ModelMaker.list;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.onnx.proto.AttributeProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConvImportTest {

  @ParameterizedTest
  @ValueSource(ints = {7, 11, 13, 17, 22})
  void convolution2d(int opset) {
    Peer.check(
        ModelMaker.opset(opset)
            .input("x", -1, 4, 9, 7)
            .weights("w", 6, 2, 3, 2)
            .weights("b", 6)
            .node(
                "Conv",
                "x,w,b",
                "y",
                list("kernel_shape", 3, 2),
                list("pads", 1, 0, 2, 1),
                list("strides", 2, 1),
                list("dilations", 1, 2),
                attr("group", 2))
            .output("y"));
  }

  @Test
  void oneAndThreeDimensionsWithoutOptionalParts() {
    Peer.check(
        ModelMaker.opset(13)
            .input("x", 2, 3, 11)
            .weights("w", 5, 3, 4)
            .node("Conv", "x,w", "y", list("strides", 3))
            .output("y"));
    Peer.check(
        ModelMaker.opset(13)
            .input("x", -1, 2, 4, 5, 6)
            .weights("w", 3, 2, 2, 3, 3)
            .weights("b", 3)
            .node("Conv", "x,w,b", "y", list("pads", 1, 0, 1, 0, 1, 1))
            .output("y"));
  }

  @ParameterizedTest
  @CsvSource({
    "SAME_UPPER,2,1",
    "SAME_LOWER,2,1",
    "SAME_UPPER,3,1",
    "SAME_LOWER,1,1",
    "VALID,2,2",
    "NOTSET,1,2"
  })
  void automaticPadding(String mode, long stride, long dilation) {
    Peer.check(
        ModelMaker.opset(13)
            .input("x", -1, 2, 10, 9)
            .weights("w", 3, 2, 4, 3)
            .node(
                "Conv",
                "x,w",
                "y",
                attr("auto_pad", mode),
                list("strides", stride, stride),
                list("dilations", dilation, dilation))
            .output("y"));
  }

  @Test
  void weightsComputedAtRunTime() {
    Peer.check(
        ModelMaker.opset(13)
            .input("x", 1, 2, 5, 5)
            .input("w", 3, 2, 3, 3)
            .node("Conv", "x,w", "y")
            .output("y"));
  }

  private static ModelMaker transposed(AttributeProto... attributes) {
    return ModelMaker.opset(13)
        .input("x", -1, 4, 5, 6)
        .weights("w", 4, 3, 3, 4)
        .weights("b", 3)
        .node("ConvTranspose", "x,w,b", "y", attributes)
        .output("y");
  }

  @Test
  void transposedConvolution() {
    Peer.check(transposed());
    Peer.check(transposed(list("strides", 2, 3), list("pads", 1, 0, 0, 2)));
    Peer.check(transposed(list("strides", 2, 3), list("output_padding", 1, 2)));
    Peer.check(
        transposed(list("strides", 2, 2), list("dilations", 2, 1), list("pads", 1, 1, 1, 1)));
    Peer.check(transposed(list("strides", 2, 2), list("output_shape", 10, 13)));
    Peer.check(
        transposed(
            list("strides", 2, 2), list("output_shape", 10, 11), attr("auto_pad", "SAME_UPPER")));
    Peer.check(transposed(list("strides", 2, 2), attr("auto_pad", "SAME_UPPER")));
    Peer.check(transposed(list("strides", 2, 2), attr("auto_pad", "SAME_LOWER")));
    Peer.check(transposed(list("strides", 2, 2), attr("auto_pad", "VALID")));
    Peer.check(
        ModelMaker.opset(11)
            .input("x", -1, 4, 5)
            .weights("w", 4, 3, 3)
            .node("ConvTranspose", "x,w", "y", attr("group", 2), list("strides", 2))
            .output("y"));
    Peer.check(
        ModelMaker.opset(22)
            .input("x", -1, 2, 3, 3, 2)
            .weights("w", 2, 3, 2, 2, 2)
            .node("ConvTranspose", "x,w", "y", list("strides", 2, 1, 2))
            .output("y"));
  }

  @Test
  void whatDoesNotFitIsNamed() {
    ModelMaker twice =
        ModelMaker.opset(13)
            .input("x", 1, 2, 8, 8)
            .weights("w", 3, 2, 3, 3)
            .node("Conv", "x,w", "y", attr("auto_pad", "SAME_UPPER"), list("pads", 1, 1, 1, 1))
            .output("y");
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(twice.bytes())).getMessage();
    assertTrue(message.contains("node \"Conv_0\" (Conv, opset 13)"), message);
    assertTrue(message.contains("exclude each other"), message);

    ModelMaker kernel =
        ModelMaker.opset(13)
            .input("x", 1, 2, 8, 8)
            .weights("w", 3, 2, 3, 3)
            .node("Conv", "x,w", "y", list("kernel_shape", 5, 5))
            .output("y");
    assertThrows(StriateException.class, () -> OnnxModel.load(kernel.bytes()));

    ModelMaker unreachable =
        ModelMaker.opset(13)
            .input("x", 1, 4, 5, 6)
            .weights("w", 4, 3, 3, 4)
            .node("ConvTranspose", "x,w", "y", list("output_shape", 40, 40))
            .output("y");
    message =
        assertThrows(StriateException.class, () -> OnnxModel.load(unreachable.bytes()))
            .getMessage();
    assertTrue(message.contains("output size 40"), message);
  }
}
