package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static io.striate.onnx.ModelMaker.list;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.nn.Model;
import io.striate.onnx.proto.TensorShapeProto;
import io.striate.op.Reshape;
import io.striate.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Shape arithmetic as exporters write it, at several batch sizes; {@link Peer#check} runs 1 and 3.
 */
class DynamicBatchTest {

  private static ModelMaker images(int opset) {
    return ModelMaker.opset(opset).input("x", -1, 6, 4, 4);
  }

  private static void assertFails(ModelMaker maker, String... parts) {
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(maker.bytes())).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  /** {@code x.view(x.size(0), -1)}. */
  @Test
  void pyTorchView() {
    Model model =
        Peer.check(
            images(11)
                .node("Shape", "x", "shape")
                .initializer(ModelMaker.intScalar("zero", 0))
                .node("Gather", "shape,zero", "n", attr("axis", 0))
                .node("Unsqueeze", "n", "n1", list("axes", 0))
                .ints("rest", -1)
                .node("Concat", "n1,rest", "target", attr("axis", 0))
                .node("Reshape", "x,target", "y")
                .output("y"));
    assertEquals(1, model.graph().nodes().size());
    assertEquals(new Reshape(List.of(0L, 96L)), model.graph().nodes().get(0).op());
    assertTrue(model.graph().isDynamicBatch());
    assertEquals(Shape.of(7, 96), model.graph().withBatch(7).outputs().get(0).shape());
  }

  /** {@code x.view(-1, c * h * w)} with the product computed by the graph, newer opset. */
  @Test
  void flattenByProduct() {
    Peer.check(
        images(18)
            .node("Shape", "x", "chw", attr("start", 1))
            .node("ReduceProd", "chw", "features")
            .ints("free", -1)
            .node("Concat", "free,features", "target", attr("axis", 0))
            .node("Reshape", "x,target", "y")
            .output("y"));
  }

  /** Channel shuffle: view(n, groups, c / groups, h, w), transpose, view(n, -1, h, w). */
  @Test
  void channelShuffle() {
    Peer.check(
        images(13)
            .node("Shape", "x", "shape")
            .initializer(ModelMaker.intScalar("i0", 0))
            .initializer(ModelMaker.intScalar("i1", 1))
            .initializer(ModelMaker.intScalar("groups", 2))
            .ints("first", 0)
            .ints("two", 2)
            .ints("hw_from", 2)
            .ints("hw_to", 4)
            .ints("free", -1)
            .node("Gather", "shape,i0", "n")
            .node("Gather", "shape,i1", "c")
            .node("Slice", "shape,hw_from,hw_to", "hw")
            .node("Div", "c,groups", "per")
            .node("Unsqueeze", "n,first", "n1")
            .node("Unsqueeze", "per,first", "per1")
            .node("Concat", "n1,two,per1,hw", "split", attr("axis", 0))
            .node("Reshape", "x,split", "grouped")
            .node("Transpose", "grouped", "swapped", list("perm", 0, 2, 1, 3, 4))
            .node("Concat", "n1,free,hw", "join", attr("axis", 0))
            .node("Reshape", "swapped,join", "y")
            .output("y"));
  }

  /** Batch and channels merged and separated again. */
  @Test
  void batchTimesChannels() {
    Peer.check(
        images(13)
            .node("Shape", "x", "shape")
            .ints("i0", 0)
            .ints("i1", 1)
            .ints("hw", 4, 4)
            .ints("one", 1)
            .node("Gather", "shape,i0", "n")
            .node("Gather", "shape,i1", "c")
            .node("Mul", "n,c", "nc")
            .node("Concat", "nc,one,hw", "merged", attr("axis", 0))
            .node("Reshape", "x,merged", "m")
            .node("MaxPool", "m", "p", list("kernel_shape", 2, 2), list("strides", 2, 2))
            .ints("small", 2, 2)
            .node("Concat", "n,c,small", "back", attr("axis", 0))
            .node("Reshape", "p,back", "y")
            .output("y"));
  }

  /** Resize to twice the size, computed by Shape, Cast, Mul, Floor, Cast and Concat. */
  @Test
  void resizeToComputedSizes() {
    Peer.check(
        images(13)
            .node("Shape", "x", "shape")
            .ints("from", 2)
            .ints("to", 4)
            .ints("zero", 0)
            .ints("two", 2)
            .floats("factor", new long[] {2}, 2, 1.5f)
            .node("Slice", "shape,from,to", "hw")
            .node("Cast", "hw", "hwf", attr("to", 1))
            .node("Mul", "hwf,factor", "scaled")
            .node("Floor", "scaled", "floored")
            .node("Cast", "floored", "target", attr("to", 7))
            .node("Slice", "shape,zero,two", "nc")
            .node("Concat", "nc,target", "sizes", attr("axis", 0))
            .node("Resize", "x,,,sizes", "y", attr("mode", "linear"))
            .output("y"));
  }

  /**
   * The padding that PyTorch writes: constant, concat, reshape, reversed slice, transpose, reshape,
   * cast.
   */
  @Test
  void pyTorchPadding() {
    Peer.check(
        images(11)
            .ints("pads", 1, 2, 0, 1)
            .ints("missing", 4)
            .ints("pairs", -1, 2)
            .ints("start", -1)
            .ints("end", Long.MIN_VALUE)
            .ints("axis", 0)
            .ints("step", -1)
            .ints("flat", -1)
            .node(
                "ConstantOfShape", "missing", "zeros", attr("value", ModelMaker.intTensor("z", 0)))
            .node("Concat", "pads,zeros", "all", attr("axis", 0))
            .node("Reshape", "all,pairs", "two")
            .node("Slice", "two,start,end,axis,step", "reversed")
            .node("Transpose", "reversed", "turned", list("perm", 1, 0))
            .node("Reshape", "turned,flat", "vector")
            .node("Cast", "vector", "final", attr("to", 7))
            .node("Pad", "x,final", "y")
            .output("y"));
  }

  /** A full slice of the batch whose end is the batch size. */
  @Test
  void sliceOfTheWholeBatch() {
    Peer.check(
        images(13)
            .node("Shape", "x", "shape")
            .ints("i0", 0)
            .ints("channels", 3)
            .ints("zeros", 0, 1)
            .ints("axes", 0, 1)
            .node("Gather", "shape,i0", "n")
            .node("Concat", "n,channels", "ends", attr("axis", 0))
            .node("Slice", "x,zeros,ends,axes", "y")
            .output("y"));
  }

  /** Comparison and selection: Where(Equal(shape, -1), …, shape). */
  @Test
  void selection() {
    Peer.check(
        images(13)
            .node("Shape", "x", "shape")
            .ints("wanted", -1, 6, 16, 1)
            .ints("minus", -1)
            .node("Equal", "wanted,minus", "free")
            .node("Where", "free,shape,wanted", "target")
            .node("Reshape", "x,target", "y")
            .output("y"));
  }

  @Test
  void reductionOverTheBatchAndArithmeticOnIt() {
    Peer.check(
        images(13)
            .node("ReduceMean", "x", "mean", list("axes", 0))
            .node("Sub", "x,mean", "y")
            .output("y"));
  }

  @Test
  void valuesThatDependOnTheBatchAreAnError() {
    assertFails(
        images(13)
            .node("Shape", "x", "shape")
            .ints("i0", 0)
            .node("Gather", "shape,i0", "n")
            .node("Cast", "n", "nf", attr("to", 1))
            .node("Div", "x,nf", "y")
            .output("y"),
        "(Div, opset 13)",
        "depends on the batch",
        "withInputShape");
    assertFails(
        images(13).ints("start", 0).ints("end", 2).node("Slice", "x,start,end", "y").output("y"),
        "(Slice, opset 13)",
        "does not grow in proportion to the batch");
  }

  @Test
  void symbolicDimensionsOtherThanTheBatchNeedAShape() {
    ModelMaker maker = ModelMaker.opset(13).node("Relu", "x", "y").output("y");
    maker.graph().addInput(ModelMaker.info("x", 1, -1, 3, 8, -1));
    assertFails(maker, "dimension 3 of input \"x\" is symbolic (\"N\")", "--input-shape");
    Model model =
        OnnxModel.load(
            maker.bytes(),
            OnnxOptions.defaults().withInputShape("x", Shape.of(Shape.DYNAMIC, 3, 8, 5)));
    assertTrue(model.graph().isDynamicBatch());
    assertEquals(Shape.of(1, 3, 8, 5), model.graph().inputs().get(0).shape());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            OnnxModel.load(
                maker.bytes(), OnnxOptions.defaults().withInputShape("x", Shape.of(1, 4, 8, 5))));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            OnnxModel.load(
                maker.bytes(), OnnxOptions.defaults().withInputShape("z", Shape.of(1, 3, 8, 5))));
  }

  @Test
  void imagesOfOpenSizeGetTheGivenOne() {
    ModelMaker maker = ModelMaker.opset(13).node("GlobalAveragePool", "x", "y").output("y");
    maker.graph().addInput(ModelMaker.info("x", 1, -1, 3, -1, -1));
    Model model = OnnxModel.load(maker.bytes(), OnnxOptions.defaults().withImageSize(6, 5));
    assertEquals(Shape.of(1, 3, 6, 5), model.graph().inputs().get(0).shape());
    assertThrows(IllegalArgumentException.class, () -> OnnxOptions.defaults().withImageSize(0, 5));
  }

  @Test
  void aMissingFirstDimensionIsTheBatch() {
    ModelMaker maker = ModelMaker.opset(13).node("Relu", "x", "y").output("y");
    maker
        .graph()
        .addInput(ModelMaker.info("x", 1, -1, 3))
        .getInputBuilder(0)
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .getShapeBuilder()
        .setDim(0, TensorShapeProto.Dimension.getDefaultInstance());
    assertTrue(OnnxModel.load(maker.bytes()).graph().isDynamicBatch());
  }

  @Test
  void allInputsShareTheBatch() {
    ModelMaker maker =
        ModelMaker.opset(13).input("x", -1, 3).input("z", 2, 3).node("Add", "x,z", "y").output("y");
    assertFails(maker, "input \"z\" has the fixed shape 2x3", "share one batch");
  }
}
