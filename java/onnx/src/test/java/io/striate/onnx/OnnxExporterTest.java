package io.striate.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.exec.Options;
import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.nn.Model;
import io.striate.op.Activation;
import io.striate.op.AutoPad;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Copy;
import io.striate.op.Dropout;
import io.striate.op.Epilogue;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.GlobalPool;
import io.striate.op.Identity;
import io.striate.op.Lrn;
import io.striate.op.Op;
import io.striate.op.PRelu;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import io.striate.op.Reshape;
import io.striate.op.Resize;
import io.striate.op.Slice;
import io.striate.op.Softmax;
import io.striate.op.Split;
import io.striate.op.Squeeze;
import io.striate.op.Transpose;
import io.striate.op.Unary;
import io.striate.op.Unsqueeze;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written computes the same in ONNX Runtime, and reads back to the same results. */
class OnnxExporterTest {
  private static final Options SCALAR = Options.defaults().strategy("scalar").threads(1);

  private static void check(Graph graph, int... opsets) {
    List<Integer> batches = graph.isDynamicBatch() ? List.of(1, 3) : List.of(0);
    for (int opset : opsets) {
      Model model = Model.of(graph);
      byte[] bytes = OnnxExporter.toBytes(model, opset);
      for (int batch : batches) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (Value v : graph.inputs()) {
          Shape shape = batch == 0 ? v.shape() : v.shape().withDim(0, batch);
          inputs.put(v.name(), Peer.random(shape, 21 + inputs.size()));
        }
        Map<String, Peer.Result> ours = Peer.striate(model, inputs, SCALAR.optimize(false));
        Peer.assertClose(Peer.ort(bytes, inputs), ours, 2e-5);
      }
    }
  }

  /** A graph of one op over a dynamic batch of images 4x7x6 and constants of the given shapes. */
  private static Graph one(Op op, Shape... constants) {
    return one(Shape.of(Shape.DYNAMIC, 4, 7, 6), op, constants);
  }

  private static Graph one(Shape input, Op op, Shape... constants) {
    Graph.Builder b = Graph.builder("test");
    List<Value> operands = new ArrayList<>(List.of(b.input("x", input)));
    for (int i = 0; i < constants.length; i++) {
      operands.add(b.constant("c" + i, Peer.random(constants[i], i)));
    }
    b.addAll("node", op, operands).forEach(b::output);
    return b.build();
  }

  @Test
  void convolutions() {
    Window w =
        Window.of(3, 2)
            .withStride(2, 1)
            .withDilation(1, 2)
            .withPadding(List.of(1, 0), List.of(0, 2));
    check(one(new Conv(w, 2, Epilogue.NONE), Shape.of(6, 2, 3, 2)), 17, 21);
    check(
        one(
            new Conv(
                w.withAutoPad(AutoPad.SAME_LOWER),
                1,
                Epilogue.BIAS.withActivation(Activation.RELU)),
            Shape.of(6, 4, 3, 2),
            Shape.of(6)),
        17);
    Epilogue all = Epilogue.BIAS.withResidual().withActivation(Activation.leakyRelu(0.1f));
    check(
        one(
            Shape.of(2, 4, 7, 6),
            new Conv(Window.of(1, 1), 1, all),
            Shape.of(3, 4, 1, 1),
            Shape.of(3),
            Shape.of(2, 3, 7, 6)),
        17);
    check(one(Shape.of(Shape.DYNAMIC, 4, 7), Conv.of(Window.of(3)), Shape.of(5, 4, 3)), 17);
    check(
        one(
            new ConvTranspose(
                Window.of(3, 3).withStride(2).withPadding(1),
                List.of(1, 0),
                2,
                Epilogue.BIAS.withActivation(Activation.SILU)),
            Shape.of(4, 3, 3, 3),
            Shape.of(6)),
        17);
    check(
        one(
            ConvTranspose.of(Window.of(3, 3).withStride(2).withAutoPad(AutoPad.SAME_UPPER)),
            Shape.of(4, 3, 3, 3)),
        17);
  }

  @Test
  void matrixProducts() {
    Shape rows = Shape.of(Shape.DYNAMIC, 5);
    Epilogue act = Epilogue.BIAS.withActivation(Activation.TANH);
    check(one(rows, Gemm.dense(act), Shape.of(3, 5), Shape.of(3)), 17);
    check(one(rows, new Gemm(false, false, Epilogue.NONE), Shape.of(5, 3)), 17);
    check(
        one(
            Shape.of(2, 3, 5),
            new Gemm(true, true, Epilogue.BIAS.withResidual()),
            Shape.of(1, 4, 3),
            Shape.of(4),
            Shape.of(2, 5, 4)),
        17);
  }

  @ParameterizedTest
  @EnumSource(Activation.Kind.class)
  void activations(Activation.Kind kind) {
    Activation a =
        switch (kind) {
          case LEAKY_RELU -> Activation.leakyRelu(0.2f);
          case ELU -> Activation.elu(0.7f);
          case SELU -> Activation.SELU;
          case SCALED_TANH -> Activation.SCALED_TANH;
          case HARD_SIGMOID -> Activation.hardSigmoid(0.25f, 0.4f);
          case CLIP -> Activation.clip(-0.5f, 1.25f);
          default -> new Activation(kind, 0, 0);
        };
    check(one(new Unary(a)), 17, 20);
    check(one(new Binary(Binary.Kind.MUL, a), Shape.of(4, 1, 1)), 17);
  }

  @Test
  void elementwiseNormalisationAndSoftmax() {
    for (Binary.Kind kind : Binary.Kind.values()) {
      check(one(Binary.of(kind), Shape.of(4, 1, 1)), 17);
    }
    Graph.Builder gated = Graph.builder("gated");
    Value image = gated.input("x", Shape.of(Shape.DYNAMIC, 3, 4, 4));
    Value gate = gated.constant("gate", Tensor.of(Shape.of(3, 1, 1), new float[] {2, -1, 0.5f}));
    Binary multiplyAdd = Binary.multiplyAdd().withActivation(Activation.RELU);
    check(gated.output(gated.add("y", multiplyAdd, image, gate, image)).build(), 17);
    Graph.Builder b = Graph.builder("norm");
    Value x = b.input("x", Shape.of(Shape.DYNAMIC, 3, 4, 4));
    Value y =
        b.add(
            "bn",
            new BatchNorm(1e-3f, Activation.RELU),
            x,
            b.constant("scale", Peer.random(Shape.of(3), 1)),
            b.constant("shift", Peer.random(Shape.of(3), 2)),
            b.constant("mean", Peer.random(Shape.of(3), 3)),
            b.constant("variance", Tensor.of(Shape.of(3), 0.5f, 1, 2)));
    check(b.output(y).build(), 17, 21);
    check(one(new Lrn(3, 0.2f, 0.75f, 1.5f, false)), 17);
    check(one(new Lrn(3, 0.2f, 0.75f, 1.5f, true)), 17);
    check(one(new Lrn(4, 0.2f, 0.5f, 2, true)), 17);
    check(one(new PRelu(), Shape.of(4, 1, 1)), 17);
    check(one(new Softmax(1, false)), 17);
    check(one(new Softmax(-1, true)), 17);
    check(one(new Dropout(0.4f)), 17);
  }

  @Test
  void poolings() {
    Window w = Window.of(3, 2).withStride(2, 2).withPadding(List.of(1, 0), List.of(0, 1));
    for (boolean ceil : new boolean[] {false, true}) {
      check(one(Pool.max(w).withCeilMode(ceil)), 17, 21);
      check(one(Pool.average(w).withCeilMode(ceil)), 21);
      check(one(Pool.averageIncludePad(w).withCeilMode(ceil)), 21);
      check(one(Pool.lp(w, 2).withCeilMode(ceil)), 17);
      check(one(Pool.lp(w, 2.5f).withCeilMode(ceil)), 17);
    }
    check(one(Pool.lp(w, 2)), 17, 21);
    check(one(Pool.average(w)), 17);
    check(one(Pool.average(Window.of(2, 2).withDilation(2))), 17, 21);
    check(one(Pool.max(Window.of(3, 3).withStride(2).withAutoPad(AutoPad.SAME_UPPER))), 17);
    Graph.Builder b = Graph.builder("weighted");
    Value x = b.input("x", Shape.of(Shape.DYNAMIC, 3, 7, 6));
    Value weights = b.constant("w", Tensor.of(Shape.of(2, 2), 1, 2, 3, 0.5f));
    Window small = Window.of(2, 2).withStride(2).withPadding(List.of(1, 0), List.of(0, 1));
    b.output(b.add("floor", Pool.weighted(small), x, weights));
    b.output(b.add("ceil", Pool.weighted(small).withCeilMode(true), x, weights));
    check(b.build(), 17);
    check(one(GlobalPool.average()), 17);
    check(one(GlobalPool.max()), 17);
    check(one(new GlobalPool(Pool.Kind.LP, 2)), 17);
    check(one(new GlobalPool(Pool.Kind.LP, 1.5f)), 17);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                OnnxExporter.toBytes(
                    Model.of(one(Pool.averageIncludePad(Window.of(2, 2).withDilation(2)))), 17));
    assertTrue(e.getMessage().contains("opset 19"), e.getMessage());
  }

  @Test
  void reductionsPadsAndViews() {
    for (Reduce.Kind kind : Reduce.Kind.values()) {
      check(one(new Reduce(kind, List.of(2, -1), true)), 17, 18);
      check(one(new Reduce(kind, List.of(1), false)), 17, 21);
    }
    check(one(Shape.of(2, 3), new Reduce(Reduce.Kind.SUM, List.of(), false)), 17);
    for (Pad.Mode mode : Pad.Mode.values()) {
      float value = mode == Pad.Mode.CONSTANT ? 1.5f : 0;
      check(one(new Pad(mode, List.of(0L, 1L, 2L, 0L), List.of(0L, 0L, 1L, 3L), value)), 17, 21);
    }
    check(one(new Copy()), 17);
    check(one(new Identity()), 17);
    check(one(Shape.of(1, 4, 7, 6), new Concat(1), Shape.of(1, 2, 7, 6)), 17);
    check(one(new Split(1, List.of(1L, 3L))), 17);
    check(one(new Slice(List.of(1, 3), List.of(3L, 1L), List.of(-100L, 5L), List.of(-2L, 2L))), 17);
    check(one(new Flatten(1)), 17);
    check(one(new Flatten(-1)), 17);
    check(one(new Reshape(List.of(0L, -1L, 6L))), 17);
    check(one(new Transpose(List.of(0, 2, 3, 1))), 17);
    check(one(Shape.of(Shape.DYNAMIC, 1, 5, 1), new Squeeze(List.of(1, -1))), 17);
    check(one(Shape.of(3, 1, 5), new Squeeze(List.of())), 17);
    check(one(new Unsqueeze(List.of(1, -1))), 17);
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 18, 21})
  void resizes(int opset) {
    for (Resize.Mode mode : Resize.Mode.values()) {
      for (Resize.Coordinates coordinates : Resize.Coordinates.values()) {
        Resize.Nearest nearest = Resize.Nearest.ROUND_PREFER_FLOOR;
        check(one(new Resize(mode, coordinates, nearest, List.of(14L, 9L), List.of())), opset);
        check(one(new Resize(mode, coordinates, nearest, List.of(3L, 13L), List.of())), opset);
        check(one(new Resize(mode, coordinates, nearest, List.of(), List.of(1.7f, 0.5f))), opset);
      }
    }
    for (Resize.Nearest nearest : Resize.Nearest.values()) {
      check(
          one(
              new Resize(
                  Resize.Mode.NEAREST,
                  Resize.Coordinates.ASYMMETRIC,
                  nearest,
                  List.of(),
                  List.of(1.6f, 0.6f))),
          opset);
    }
  }

  @Test
  void namesMetadataAndConstantsAreKept(@TempDir Path folder) {
    Graph graph =
        one(
            new Conv(Window.of(3, 3), 1, Epilogue.BIAS.withActivation(Activation.RELU)),
            Shape.of(5, 4, 3, 3),
            Shape.of(5));
    Model model = new Model(graph, Map.of("labels", "a,b"));
    Path file = folder.resolve("model.onnx");
    OnnxExporter.write(model, file);
    Model back = OnnxModel.load(file);
    assertEquals(model.metadata(), back.metadata());
    assertTrue(back.graph().isDynamicBatch());
    assertEquals(graph.inputs().get(0).shape(), back.graph().inputs().get(0).shape());
    assertEquals(
        graph.outputs().stream().map(Value::name).toList(),
        back.graph().outputs().stream().map(Value::name).toList());
    assertEquals(
        List.of("node", "node/activation"), back.graph().nodes().stream().map(Node::name).toList());
    Map<String, float[]> kept = new LinkedHashMap<>();
    back.graph().constants().forEach((v, c) -> kept.put(v.name(), c.data().toArray()));
    graph.constants().forEach((v, c) -> assertArrayEquals(c.data().toArray(), kept.get(v.name())));
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    OnnxExporter.write(model, stream, OnnxExporter.DEFAULT_OPSET);
    assertEquals(
        -1, java.util.Arrays.mismatch(stream.toByteArray(), OnnxExporter.toBytes(model, 21)));
    OnnxExporter.write(graph, file);
    assertTrue(OnnxModel.load(file).metadata().isEmpty());
    assertThrows(IllegalArgumentException.class, () -> OnnxExporter.toBytes(model, 16));
    assertThrows(IllegalArgumentException.class, () -> OnnxExporter.toBytes(model, 28));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenet-mnist-caffe", "resnet20-cifar10"})
  void trainedModelsSurviveARoundTrip(String name) {
    Model model = OnnxModel.load(TestData.require("models/" + name + ".onnx"));
    Value in = model.graph().inputs().get(0);
    Map<String, Tensor> inputs = Map.of(in.name(), Peer.random(in.shape().withDim(0, 2), 5));
    byte[] bytes = OnnxExporter.toBytes(model, 17);
    Map<String, Peer.Result> ours = Peer.striate(model, inputs, SCALAR);
    Peer.assertClose(Peer.ort(bytes, inputs), ours, 2e-5);
    Map<String, Peer.Result> again = Peer.striate(OnnxModel.load(bytes), inputs, SCALAR);
    ours.forEach((k, v) -> assertArrayEquals(v.values(), again.get(k).values()));
  }
}
