package io.striate.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Dropout;
import io.striate.op.Epilogue;
import io.striate.op.GlobalPool;
import io.striate.op.Op;
import io.striate.op.Pool;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What each pass rewrites, and what it must leave alone. */
final class PassesTest {
  private final Graph.Builder graph = Graph.builder("g");
  private final Value x = graph.input("x", Shape.of(Shape.DYNAMIC, 2, 4, 4));

  private Value constant(String name, Shape shape, float... values) {
    return graph.parameter(name, Tensor.of(shape, values));
  }

  private Value conv(String name, Value in, Epilogue epilogue) {
    Value w = constant(name + ".w", Shape.of(2, 2, 1, 1), 1, 2, 3, 4);
    Conv op = new Conv(Window.of(1, 1), 1, epilogue);
    return epilogue.hasBias()
        ? graph.add(name, op, in, w, constant(name + ".b", Shape.of(2), 5, 6))
        : graph.add(name, op, in, w);
  }

  private Value norm(String name, Value in) {
    return graph.add(
        name,
        new BatchNorm(0, Activation.NONE),
        in,
        constant(name + ".scale", Shape.of(2), 2, 3),
        constant(name + ".shift", Shape.of(2), 7, 8),
        constant(name + ".mean", Shape.of(2), 1, 2),
        constant(name + ".variance", Shape.of(2), 4, 9));
  }

  private static Graph optimize(Graph source) {
    return Passes.optimize(
        source,
        g -> {
          throw new AssertionError("nothing here is constant: " + g.nodes());
        });
  }

  private static List<String> types(Graph g) {
    return g.nodes().stream().map(Node::op).map(Op::type).toList();
  }

  private static float[] constantOf(Graph g, Node node, int operand) {
    return g.constants().get(node.inputs().get(operand)).data().toArray();
  }

  @Test
  void batchNormFoldsIntoTheConvolutionBefore() {
    Value y = norm("bn", conv("c", x, Epilogue.BIAS));
    Graph g = optimize(graph.output(graph.add("r", new Unary(Activation.RELU), y)).build());
    assertEquals(List.of("conv2d"), types(g));
    Node c = g.nodes().get(0);
    assertEquals(new Epilogue(true, false, Activation.RELU), ((Conv) c.op()).epilogue());
    // a = scale/√variance = 1, 1; bias' = (bias - mean)·a + shift.
    assertArrayEquals(new float[] {1, 2, 3, 4}, constantOf(g, c, 1));
    assertArrayEquals(new float[] {5 - 1 + 7, 6 - 2 + 8}, constantOf(g, c, 2));
  }

  @Test
  void batchNormFoldsIntoGroupsOfATransposedConvolution() {
    Value w = constant("w", Shape.of(2, 1, 1, 1), 10, 20);
    ConvTranspose op = new ConvTranspose(Window.of(1, 1), List.of(0, 0), 2, Epilogue.NONE);
    Value y = graph.add("t", op, x, w);
    Value scaled =
        graph.add(
            "bn",
            new BatchNorm(0, Activation.NONE),
            y,
            constant("s", Shape.of(2), 2, 3),
            constant("h", Shape.of(2), 0, 0),
            constant("m", Shape.of(2), 0, 0),
            constant("v", Shape.of(2), 1, 1));
    Graph g = optimize(graph.output(scaled).build());
    assertEquals(1, g.nodes().size());
    assertArrayEquals(new float[] {20, 60}, constantOf(g, g.nodes().get(0), 1));
  }

  @Test
  void batchNormStaysWhereTheConvolutionIsReadTwiceOrActivated() {
    Value c = conv("c", x, Epilogue.NONE);
    Value sum = graph.add("sum", Binary.of(Binary.Kind.MUL), norm("bn", c), c);
    assertTrue(types(optimize(graph.output(sum).build())).contains("batch_norm"));
    PassesTest activated = new PassesTest();
    Value relu = activated.conv("c", activated.x, Epilogue.BIAS.withActivation(Activation.RELU));
    assertEquals(
        List.of("conv2d", "batch_norm"),
        types(optimize(activated.graph.output(activated.norm("bn", relu)).build())));
  }

  @Test
  void theLaterConvolutionTakesTheOtherAsResidual() {
    Value first = conv("first", x, Epilogue.NONE);
    Value second = conv("second", x, Epilogue.BIAS);
    Value sum = graph.add("sum", Binary.of(Binary.Kind.ADD), second, first);
    Graph g = optimize(graph.output(graph.add("r", new Unary(Activation.RELU), sum)).build());
    assertEquals(List.of("conv2d", "conv2d"), types(g));
    Node last = g.nodes().get(1);
    assertEquals(new Epilogue(true, true, Activation.RELU), ((Conv) last.op()).epilogue());
    assertEquals(g.nodes().get(0).output(), last.inputs().get(3));
  }

  @Test
  void anActivationBeforeTheSumIsNotPassedOver() {
    Value relu = graph.add("r", new Unary(Activation.RELU), conv("c", x, Epilogue.NONE));
    Graph g = optimize(graph.output(graph.add("sum", Binary.of(Binary.Kind.ADD), relu, x)).build());
    assertEquals(2, g.nodes().size());
    assertTrue(g.nodes().get(1).op() instanceof Binary);
  }

  @Test
  void aProductAndTheSumBehindItBecomeOne() {
    Value gate = constant("k", Shape.of(2, 1, 1), 3, 4);
    Value gated = graph.add("m", Binary.of(Binary.Kind.MUL), gate, x);
    Value sum = graph.add("s", Binary.of(Binary.Kind.ADD), x, gated);
    Graph g = optimize(graph.output(graph.add("r", new Unary(Activation.RELU), sum)).build());
    Node last = g.nodes().getLast();
    assertEquals(Binary.multiplyAdd().withActivation(Activation.RELU), last.op());
    assertEquals(List.of("x", "x"), last.inputs().stream().skip(1).map(Value::name).toList());
    assertEquals(1, g.nodes().stream().filter(n -> n.op() instanceof Binary).count());
  }

  @Test
  void aProductThatIsReadTwiceOrActivatedOrBroadcastStaysByItself() {
    Value twice = graph.add("m", Binary.of(Binary.Kind.MUL), x, x);
    Value sum = graph.add("s", Binary.of(Binary.Kind.ADD), twice, twice);
    assertEquals(List.of("mul", "add"), types(optimize(graph.output(sum).build())));
    PassesTest activated = new PassesTest();
    Value relu =
        activated.graph.add(
            "m", new Binary(Binary.Kind.MUL, Activation.RELU), activated.x, activated.x);
    Value last = activated.graph.add("s", Binary.of(Binary.Kind.ADD), relu, activated.x);
    assertEquals(List.of("mul", "add"), types(optimize(activated.graph.output(last).build())));
    PassesTest row = new PassesTest();
    Value product = row.graph.add("m", Binary.of(Binary.Kind.MUL), row.x, row.x);
    Value added =
        row.graph.add(
            "s", Binary.of(Binary.Kind.ADD), product, row.constant("k", Shape.of(4), 1, 2, 3, 4));
    assertEquals(List.of("mul", "add"), types(optimize(row.graph.output(added).build())));
  }

  @Test
  void addedConstantsBecomeTheBias() {
    Value c = conv("c", x, Epilogue.NONE);
    Value bias = constant("k", Shape.of(2, 1, 1), 3, 4);
    Graph g = optimize(graph.output(graph.add("sum", Binary.of(Binary.Kind.ADD), bias, c)).build());
    assertEquals(List.of("conv2d"), types(g));
    assertArrayEquals(new float[] {3, 4}, constantOf(g, g.nodes().get(0), 2));
  }

  @Test
  void anAddedConstantPerPositionIsNoBias() {
    Value c = conv("c", x, Epilogue.NONE);
    Value row = constant("k", Shape.of(4), 1, 2, 3, 4);
    Graph g = optimize(graph.output(graph.add("sum", Binary.of(Binary.Kind.ADD), c, row)).build());
    assertEquals(2, g.nodes().size());
  }

  @Test
  void whatDoesNothingGoesAndGlobalPoolingBecomesPooling() {
    Value d = graph.add("d", new Dropout(0.5f), x);
    Graph g = optimize(graph.output(graph.add("p", GlobalPool.average(), d)).build());
    assertEquals(1, g.nodes().size());
    assertEquals(Pool.average(Window.of(4, 4)), g.nodes().get(0).op());
    assertEquals("p", g.outputs().get(0).name());
  }

  @Test
  void otherBatchesAndCopiesKeepTheConstants() {
    Graph one = graph.output(norm("bn", conv("c", x, Epilogue.BIAS))).build();
    Graph five = one.withBatch(5);
    assertEquals(Shape.of(5, 2, 4, 4), five.outputs().get(0).shape());
    assertTrue(five.isDynamicBatch());
    assertEquals(one.parameterCount(), five.parameterCount());
    assertEquals(
        one.nodes().stream().map(Node::name).toList(),
        five.nodes().stream().map(Node::name).toList());
  }

  @Test
  void deferredConstantsAreMadeOnceAndChecked() {
    int[] made = {0};
    Constant late =
        Constant.deferred(
            Constant.Role.PARAMETER,
            Shape.of(2),
            () -> {
              made[0]++;
              return Tensor.of(Shape.of(2), 1, 2);
            });
    assertEquals(0, made[0]);
    assertSame(late.data(), late.data());
    assertEquals(1, made[0]);
    Constant wrong =
        Constant.deferred(Constant.Role.FIXED, Shape.of(3), () -> Tensor.of(Shape.of(2), 1, 2));
    assertThrows(IllegalStateException.class, wrong::data);
  }
}
