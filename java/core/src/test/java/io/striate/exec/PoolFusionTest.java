package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.striate.StriateException;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.ConvPool;
import io.striate.op.Epilogue;
import io.striate.op.Pool;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolFusionTest {
  private static final Epilogue RELU =
      new Epilogue(false, false, new Activation(Activation.Kind.RELU, 0, 0));
  private static final Pool MAX = Pool.max(Window.of(2, 2).withStride(2));
  private static final Conv CONV = conv(RELU);

  private static Conv conv(Epilogue epilogue) {
    return new Conv(Window.of(3, 3).withPadding(1), 1, epilogue);
  }

  private static float[] random(long count) {
    SplittableRandom random = new SplittableRandom(5);
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private static Value convolved(Graph.Builder b, String name, Conv op, Value x, int outputs) {
    Shape weights = Shape.of(outputs, x.shape().dim(1), 3, 3);
    return b.add(
        name, op, x, b.constant(name + ".w", Tensor.of(weights, random(weights.elements()))));
  }

  /** Few terms with a maximum, then Winograd with an average. */
  private static Graph network(int batch) {
    Graph.Builder b = Graph.builder("pools");
    Value x = b.input("x", Shape.of(batch, 1, 29, 31));
    x = b.add("pool1", MAX, convolved(b, "conv1", CONV, x, 48));
    x = convolved(b, "conv2", CONV, x, 64);
    x = b.add("pool2", Pool.average(Window.of(2, 2).withStride(2)), x);
    return b.output(x).build();
  }

  private static Options cpu() {
    Strategies.Strategy cpu = Strategies.named("cpu");
    assumeTrue(cpu.unavailable().isEmpty(), () -> cpu.unavailable().orElse(""));
    return Options.defaults().strategy("cpu").threads(1);
  }

  private static List<String> steps(Graph graph, Options options) {
    try (CompiledModel model = CompiledModel.compile(graph, options)) {
      return model.explain().rows().stream()
          .map(Explanation.Row::name)
          .filter(n -> !n.startsWith("reorder") && !n.startsWith("output"))
          .toList();
    }
  }

  private static float[] answer(Graph graph, Options options) {
    try (CompiledModel model = CompiledModel.compile(graph, options);
        Execution run = model.newExecution()) {
      run.input().copyFrom(random(run.input().shape().elements()));
      run.run();
      return run.output().toArray();
    }
  }

  private static String kernel(Graph graph, Options options, String step) {
    try (CompiledModel model = CompiledModel.compile(graph, options)) {
      return model.explain().rows().stream()
          .filter(r -> r.name().equals(step))
          .map(Explanation.Row::kernel)
          .findFirst()
          .orElseThrow();
    }
  }

  /** Winograd's kernels pool with every instruction set, those of few terms are AVX-512 only. */
  private static List<String> fusedSteps(String strategy) {
    return kernel(network(1), cpu().strategy(strategy), "pool2").contains("/avx512/")
        ? List.of("pool1", "pool2")
        : List.of("conv1", "pool1", "pool2");
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1,2", "6,1", "6,3"})
  void fusedStepsGiveTheSameBits(int batch, int threads) {
    Graph graph = network(batch);
    Options fused = cpu().threads(threads);
    List<String> left = fusedSteps("cpu");
    assertEquals(left, steps(graph, fused));
    Options apart = fused;
    for (String conv : List.of("conv1", "conv2")) {
      String step = left.contains(conv) ? conv : conv.replace("conv", "pool");
      apart = apart.kernel(conv, kernel(graph, fused, step).replace("conv_pool/", "conv/"));
    }
    assertEquals(List.of("conv1", "pool1", "conv2", "pool2"), steps(graph, apart));
    assertArrayEquals(answer(graph, apart), answer(graph, fused));
  }

  @Test
  void theFusedStepCountsTheWorkOfTheConvolution() {
    Graph.Builder b = Graph.builder("pooled");
    Value x = convolved(b, "conv", CONV, b.input("x", Shape.of(1, 48, 30, 32)), 64);
    Graph graph = b.output(b.add("pool", MAX, x)).build();
    try (CompiledModel fused = CompiledModel.compile(graph, cpu());
        CompiledModel plain = CompiledModel.compile(graph, cpu().optimize(false))) {
      assertTrue(fused.explain().rows().stream().anyMatch(r -> r.op() instanceof ConvPool));
      assertTrue(plain.explain().rows().stream().noneMatch(r -> r.op() instanceof ConvPool));
      assertEquals(plain.explain().macs(), fused.explain().macs());
      assertTrue(fused.activationBytes() < plain.activationBytes(), "nothing lies in between");
    }
  }

  @Test
  void aKernelNamedForThePoolKeepsTheTwoApart() {
    Graph graph = network(1);
    String pool = kernel(graph, cpu().optimize(false), "pool1");
    assertEquals(List.of("conv1", "pool1", "pool2"), steps(graph, cpu().kernel("pool1", pool)));
  }

  @Test
  void aPoolingKernelCanBeNamed() {
    Graph graph = network(1);
    String other = kernel(graph, cpu(), "pool2").replace("winograd4x4", "winograd2x2");
    Options named = cpu().kernel("pool2", other);
    assertEquals(other, kernel(graph, named, "pool2"));
    StriateException e =
        assertThrows(
            StriateException.class,
            () -> steps(graph, cpu().kernel("pool2", "conv_pool/magic/f32/nhwc/avx512/1x1")));
    assertTrue(e.getMessage().contains("conv_pool/magic"), e.getMessage());
  }

  /** What else reads the result, or windows that no kernel pools, leave two steps. */
  @ParameterizedTest
  @ValueSource(strings = {"output", "reader", "overlap", "tanh", "depthwise"})
  void whatCannotBeFusedIsLeftAlone(String why) {
    Graph.Builder b = Graph.builder(why);
    Value x = b.input("x", Shape.of(1, 32, 16, 16));
    Activation tanh = new Activation(Activation.Kind.TANH, 0, 0);
    Value y =
        switch (why) {
          case "tanh" -> convolved(b, "conv", conv(new Epilogue(false, false, tanh)), x, 32);
          case "depthwise" ->
              b.add(
                  "conv",
                  new Conv(Window.of(3, 3).withPadding(1), 32, RELU),
                  x,
                  b.constant("w", Tensor.of(Shape.of(32, 1, 3, 3), random(288))));
          default -> convolved(b, "conv", CONV, x, 32);
        };
    Pool pool = why.equals("overlap") ? Pool.max(Window.of(3, 3).withStride(2)) : MAX;
    Value end = b.add("pool", pool, y);
    switch (why) {
      case "output" -> b.output(y);
      case "reader" -> b.output(b.add("again", MAX, y));
      default -> {}
    }
    Graph graph = b.output(end).build();
    assertTrue(steps(graph, cpu()).containsAll(List.of("conv", "pool")), why);
  }

  @Test
  void otherStrategiesConvolveAndPoolInTwoSteps() {
    for (String strategy : TestStrategies.available()) {
      Options options = Options.defaults().strategy(strategy).threads(1);
      boolean fuses = strategy.equals("cpu") || strategy.equals("auto");
      List<String> expected =
          fuses ? fusedSteps(strategy) : List.of("conv1", "pool1", "conv2", "pool2");
      assertEquals(expected, steps(network(1), options), strategy);
    }
  }

  @Test
  void graphsHoldTheTwoApart() {
    Graph.Builder b = Graph.builder("one node");
    Value x = b.input("x", Shape.of(1, 1, 8, 8));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> b.add("both", new ConvPool(CONV, MAX), x, x));
    assertTrue(e.getMessage().contains("as two nodes"), e.getMessage());
  }
}
