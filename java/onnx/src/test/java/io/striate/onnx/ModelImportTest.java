package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.graph.Node;
import io.striate.nn.Model;
import io.striate.onnx.proto.AttributeProto;
import io.striate.onnx.proto.GraphProto;
import io.striate.onnx.proto.ModelProto;
import io.striate.onnx.proto.OperatorSetIdProto;
import io.striate.onnx.proto.SparseTensorProto;
import io.striate.onnx.proto.StringStringEntryProto;
import io.striate.onnx.proto.TensorAnnotation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The header, the interface of the graph, names, and errors. */
class ModelImportTest {

  private static ModelMaker relu(int opset) {
    return ModelMaker.opset(opset).input("x", -1, 3).node("Relu", "x", "y").output("y");
  }

  private static void assertFails(byte[] bytes, String... parts) {
    String message = assertThrows(StriateException.class, () -> OnnxModel.load(bytes)).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  private static void assertFails(ModelMaker maker, String... parts) {
    assertFails(maker.bytes(), parts);
  }

  private static byte[] changed(Consumer<ModelProto.Builder> change) {
    ModelProto.Builder model = relu(13).proto().toBuilder();
    change.accept(model);
    return model.build().toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 13, 21, OnnxModel.MAX_OPSET})
  void opsetsInRange(int opset) {
    assertEquals(1, OnnxModel.load(relu(opset).bytes()).graph().nodes().size());
  }

  @Test
  void opsetsOutOfRangeAreNamed() {
    assertFails(relu(6), "opset 6 is not supported; opsets 7 to 27 are");
    assertFails(relu(28), "opset 28 is not supported");
    assertFails(
        changed(m -> m.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(12))), "twice");
    assertFails(changed(ModelProto.Builder::clearOpsetImport), "no version of the default");
  }

  @Test
  void formatVersions() {
    assertFails(
        changed(m -> m.setIrVersion(2)), "version 2 is not supported; versions 3 to 13 are");
    assertFails(changed(m -> m.setIrVersion(14)), "version 14");
    assertFails(changed(ModelProto.Builder::clearIrVersion), "no ir_version");
    assertFails(changed(ModelProto.Builder::clearGraph), "no graph");
    assertFails(new byte[0], "no graph");
  }

  @Test
  void otherDomainsMatterOnlyIfUsed() {
    assertEquals(
        1,
        OnnxModel.load(
                changed(
                    m ->
                        m.addOpsetImport(
                            OperatorSetIdProto.newBuilder()
                                .setDomain("com.example")
                                .setVersion(3))))
            .graph()
            .nodes()
            .size());
    assertFails(
        changed(m -> m.getGraphBuilder().getNodeBuilder(0).setDomain("com.example")),
        "node \"Relu_0\" (com.example.Relu, opset 13)",
        "domain \"com.example\"");
  }

  @Test
  void unknownOperatorsAndAttributesAreNamed() {
    assertFails(
        ModelMaker.opset(13).input("x", 1, 3).node("Det", "x", "y").output("y"),
        "node \"Det_0\" (Det, opset 13): the operator Det is not supported");
    assertFails(
        ModelMaker.opset(13).input("x", 1, 3).node("Relu", "x", "y", attr("alpha", 1f)).output("y"),
        "node \"Relu_0\" (Relu, opset 13): attribute \"alpha\" is unknown");
    assertFails(
        ModelMaker.opset(13)
            .input("x", 1, 3)
            .node("LeakyRelu", "x", "y", attr("alpha", 1))
            .output("y"),
        "attribute \"alpha\" has type INT; FLOAT is expected");
    assertFails(
        ModelMaker.opset(13)
            .input("x", 1, 3)
            .node("LeakyRelu", "x", "y", attr("alpha", 1f), attr("alpha", 2f))
            .output("y"),
        "occurs twice");
    assertFails(
        ModelMaker.opset(13).input("x", 4).ints("i", 2).node("Gather", "x,i", "y").output("y"),
        "(Gather, opset 13)",
        "only where its result is known when the model is loaded");
  }

  @Test
  void controlFlowAndFunctionsAreNamed() {
    AttributeProto branch =
        AttributeProto.newBuilder()
            .setName("then_branch")
            .setType(AttributeProto.AttributeType.GRAPH)
            .setG(GraphProto.newBuilder().setName("sub"))
            .build();
    assertFails(
        ModelMaker.opset(13).input("x", 1, 3).node("If", "x", "y", branch).output("y"),
        "node \"If_0\" (If, opset 13)");
    AttributeProto reference =
        AttributeProto.newBuilder()
            .setName("alpha")
            .setType(AttributeProto.AttributeType.FLOAT)
            .setRefAttrName("a")
            .build();
    assertFails(
        ModelMaker.opset(13).input("x", 1, 3).node("LeakyRelu", "x", "y", reference).output("y"),
        "refers to an attribute of a function");
  }

  @Test
  void sparseAndQuantisedTensorsAreNamed() {
    assertFails(
        changed(
            m ->
                m.getGraphBuilder()
                    .addSparseInitializer(
                        SparseTensorProto.newBuilder()
                            .setValues(ModelMaker.tensor("s", new long[] {1}, 1)))),
        "\"s\" is sparse");
    assertFails(
        changed(
            m ->
                m.getGraphBuilder()
                    .addQuantizationAnnotation(TensorAnnotation.newBuilder().setTensorName("q"))),
        "\"q\" is quantised");
  }

  @Test
  void initializersThatAreInputsAreConstants() {
    ModelMaker maker =
        ModelMaker.opset(8)
            .input("x", -1, 3)
            .input("w", 3)
            .weights("w", 3)
            .node("Add", "x,w", "y")
            .output("y");
    maker.model().setIrVersion(3);
    Model model = Peer.check(maker);
    assertEquals(1, model.graph().inputs().size());
    assertEquals(1, model.graph().constants().size());
  }

  @Test
  void inputsOfOtherTypesAreAnErrorOnlyIfUsed() {
    ModelMaker unused = relu(13);
    unused.graph().addInput(ModelMaker.info("i", ElementType.INT64, 3));
    assertEquals(1, OnnxModel.load(unused.bytes()).graph().inputs().size());
    ModelMaker used = ModelMaker.opset(13).node("Relu", "i", "y").output("y");
    used.graph().addInput(ModelMaker.info("i", ElementType.FLOAT16, 3));
    assertFails(used, "model input of type float16");
    ModelMaker unusedFloat = relu(13).input("other", -1, 5);
    assertEquals(2, OnnxModel.load(unusedFloat.bytes()).graph().inputs().size());
  }

  @Test
  void valuesMustBeMadeOnceAndBeforeTheyAreUsed() {
    assertFails(
        ModelMaker.opset(13).input("x", 3).node("Add", "x,late", "y").output("y"),
        "needs the value \"late\"");
    assertFails(
        ModelMaker.opset(13)
            .input("x", 3)
            .node("Relu", "x", "y")
            .node("Tanh", "x", "y")
            .output("y"),
        "(Tanh, opset 13)",
        "made twice");
    assertFails(
        ModelMaker.opset(13).input("x", 3).node("Relu", "x", "y").output("z"),
        "output \"z\" of the model needs");
    assertFails(
        ModelMaker.opset(13).input("x", 3).input("x", 3).node("Relu", "x", "y").output("y"),
        "two inputs \"x\"");
    assertFails(
        ModelMaker.opset(13)
            .input("x", 3)
            .weights("w", 3)
            .weights("w", 3)
            .node("Add", "x,w", "y")
            .output("y"),
        "two initializers");
    assertFails(ModelMaker.opset(13).input("x", 3).node("Relu", "x", "y"), "no outputs");
    assertFails(
        ModelMaker.opset(13).input("x", 3).node("Relu", "x,x", "y").output("y"), "has 2 inputs");
    assertFails(ModelMaker.opset(13).input("x", 3).node("Relu", "", "y").output("y"), "0 inputs");
    assertFails(ModelMaker.opset(13).input("x", 3).node("Relu", "x", "").output("x"), "no outputs");
  }

  @Test
  void namesOfNodesAreMadeUnique() {
    ModelMaker maker =
        ModelMaker.opset(13)
            .input("x", -1, 3)
            .node("Relu", "x", "a")
            .node("Tanh", "a", "b")
            .node("Sigmoid", "b", "c");
    maker.graph().getNodeBuilder(0).setName("same");
    maker.graph().getNodeBuilder(1).setName("same");
    maker.graph().getNodeBuilder(2).clearName();
    Model model = OnnxModel.load(maker.output("c").bytes());
    assertEquals(
        List.of("same", "b", "c"), model.graph().nodes().stream().map(Node::name).toList());
    assertEquals("c", model.graph().outputs().get(0).name());
  }

  @Test
  void inventedNamesNeverMeetTheFilesOwn() {
    Peer.check(
        ModelMaker.opset(13)
            .input("x", -1, 3)
            .input("w", -1, 3)
            .node("Sum", "x,w,x", "y")
            .node("Relu", "y", "Sum_0/sum")
            .node("Relu", "y", "Sum_0/sum#2")
            .output("y", "Sum_0/sum", "Sum_0/sum#2"));
  }

  @Test
  void metadataTravels() {
    byte[] bytes =
        changed(
            m ->
                m.addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey("labels").setValue("a,b"))
                    .addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey("size").setValue("3")));
    assertEquals(Map.of("labels", "a,b", "size", "3"), OnnxModel.load(bytes).metadata());
    assertEquals("test", OnnxModel.load(bytes).name());
  }

  @Test
  void integerConstantsInArithmeticAreAnError() {
    assertFails(
        ModelMaker.opset(13)
            .input("x", 1, 3)
            .ints("i", 1, 2, 3)
            .node("Add", "x,i", "y")
            .output("y"),
        "(Add, opset 13)",
        "int64[3] is used in arithmetic");
  }

  @Test
  void constantArithmeticIsBounded() {
    ModelMaker maker =
        ModelMaker.opset(13)
            .input("x", 1, 3)
            .ints("huge", 1 << 15, 1 << 15)
            .node("ConstantOfShape", "huge", "zeros")
            .node("Add", "x,zeros", "y")
            .output("y");
    assertFails(maker, "(ConstantOfShape, opset 13)", "elements");
    ModelMaker range =
        ModelMaker.opset(13)
            .input("x", 1, 3)
            .initializer(ModelMaker.intScalar("zero", 0))
            .initializer(ModelMaker.intScalar("much", Long.MAX_VALUE))
            .initializer(ModelMaker.intScalar("one", 1))
            .node("Range", "zero,much,one", "r")
            .node("Cast", "r", "f", attr("to", 1))
            .node("Add", "x,f", "y")
            .output("y");
    assertFails(range, "(Range, opset 13)");
  }

  @Test
  void missingFilesAreNamed() {
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(Path.of("no", "such.onnx")))
            .getMessage();
    assertTrue(message.contains("such.onnx"), message);
  }

  @Test
  void anOutputMayBeAConstantOrAnInput() {
    Model model =
        OnnxModel.load(
            ModelMaker.opset(13)
                .input("x", -1, 3)
                .weights("w", 3)
                .node("Relu", "x", "y")
                .output("y", "w", "x")
                .bytes());
    assertEquals(3, model.graph().outputs().size());
  }
}
