package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Activation;
import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.Epilogue;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.Pool;
import io.striate.op.Reshape;
import io.striate.op.Slice;
import io.striate.op.Split;
import io.striate.op.Squeeze;
import io.striate.op.Transpose;
import io.striate.op.Unary;
import io.striate.op.Unsqueeze;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final Options SCALAR = Options.defaults().strategy("scalar").threads(1);

  private static float[] random(long count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(-8, 9);
    }
    return values;
  }

  private static Value conv1x1(Graph.Builder b, String name, Value x, int channels) {
    long in = x.shape().dim(1);
    Value w =
        b.constant(
            name + ".w",
            Tensor.of(Shape.of(channels, in, 1, 1), random(channels * in, name.hashCode())));
    return b.add(name, new Conv(Window.of(1, 1), 1, Epilogue.NONE), x, w);
  }

  private static List<String> stepNames(Graph graph) {
    return Planner.plan(graph, DataFormat.NCHW).steps().stream().map(Step::name).toList();
  }

  private static float[] run(Graph graph, Options options, float[] x) {
    try (CompiledModel m = CompiledModel.compile(graph, options);
        Execution e = m.newExecution()) {
      e.input().copyFrom(x);
      e.run();
      return e.output().toArray();
    }
  }

  @Test
  void concatenationsAreWrittenInPlaceEvenNested() {
    Graph.Builder b = Graph.builder("dense block");
    Value x = conv1x1(b, "stem", b.input("x", Shape.of(1, 3, 4, 4)), 8);
    Value one = b.add("cat1", new Concat(1), x, conv1x1(b, "a", x, 4));
    Value two = b.add("cat2", new Concat(1), one, conv1x1(b, "b", one, 4));
    Graph g = b.output(conv1x1(b, "end", two, 5)).build();
    assertEquals(List.of("reorder x", "stem", "a", "b", "end", "output end"), stepNames(g));
  }

  @Test
  void aValueInTwoConcatenationsIsCopiedIntoTheSecond() {
    Graph.Builder b = Graph.builder("shared");
    Value x = b.input("x", Shape.of(1, 2, 3, 3));
    Value y = conv1x1(b, "y", x, 4);
    Value z = conv1x1(b, "z", x, 4);
    Value yz = b.add("yz", new Concat(1), y, z);
    Value zy = b.add("zy", new Concat(1), z, y);
    Graph g = b.output(b.add("sum", Binary.of(Binary.Kind.ADD), yz, zy)).build();
    float[] input = random(18, 3);
    float[] sum = run(g, SCALAR, input);
    for (int i = 0; i < 36; i++) {
      assertEquals(sum[i], sum[i + 36], "y + z must equal z + y");
    }
  }

  @Test
  void viewsMoveNothingAndReadRight() {
    Graph.Builder b = Graph.builder("views");
    Value x = b.input("x", Shape.of(2, 6, 2, 3));
    Value t = b.add("t", new Transpose(List.of(0, 2, 3, 1)), x);
    Value s = b.add("s", new Slice(List.of(3), List.of(-1L), List.of(-7L), List.of(-2L)), t);
    Value u = b.add("u", new Unsqueeze(List.of(0, 3)), s);
    Value q = b.add("q", new Squeeze(List.of()), u);
    Graph g = b.output(b.add("relu", new Unary(Activation.RELU), q)).build();
    assertEquals(1, stepNames(g).size(), stepNames(g).toString());
    float[] input = random(72, 4);
    float[] out = run(g, SCALAR, input);
    int at = 0;
    for (int n = 0; n < 2; n++) {
      for (int h = 0; h < 2; h++) {
        for (int w = 0; w < 3; w++) {
          for (int c = 5; c >= 1; c -= 2) {
            assertEquals(Math.max(0, input[((n * 6 + c) * 2 + h) * 3 + w]), out[at++]);
          }
        }
      }
    }
  }

  @Test
  void splitPartsAndReshapesKeepLogicalOrder() {
    Graph.Builder b = Graph.builder("split");
    Value x = b.input("x", Shape.of(1, 5, 2, 2));
    Value pooled = b.add("pool", Pool.max(Window.of(1, 1)), x);
    List<Value> parts = b.addAll("split", new Split(1, List.of(2L, 3L)), List.of(pooled));
    Value swapped = b.add("swap", new Concat(1), parts.get(1), parts.get(0));
    Value flat = b.add("flat", new Flatten(1), swapped);
    Graph g = b.output(b.add("shape", new Reshape(List.of(0L, 2L, -1L)), flat)).build();
    float[] input = random(20, 5);
    float[] out = run(g, SCALAR, input);
    assertArrayEquals(
        new float[][] {java.util.Arrays.copyOfRange(input, 8, 20)},
        new float[][] {java.util.Arrays.copyOfRange(out, 0, 12)});
    assertEquals(input[0], out[12]);
    assertEquals(input[7], out[19]);
  }

  @Test
  void outputsMayBeInputsConstantsAndShared() {
    Graph.Builder b = Graph.builder("plain");
    Value x = b.input("x", Shape.of(2, 2));
    Value c = b.constant("c", Tensor.of(Shape.of(2), 5, 6));
    Value r = b.add("r", new Unary(Activation.RELU), x);
    Graph g = b.output(x).output(c).output(r).build();
    for (boolean optimize : new boolean[] {false, true}) {
      try (CompiledModel m = CompiledModel.compile(g, SCALAR.optimize(optimize));
          Execution e = m.newExecution()) {
        e.input().copyFrom(1, -2, 3, -4);
        e.run();
        assertArrayEquals(new float[] {1, -2, 3, -4}, e.output("x").toArray());
        assertArrayEquals(new float[] {5, 6}, e.output("c").toArray());
        assertArrayEquals(new float[] {1, 0, 3, 0}, e.output("r").toArray());
      }
    }
  }

  @Test
  void channelsLastFacesGiveTheSameLogicalResult() {
    Graph.Builder b = Graph.builder("faces");
    Value x = b.input("x", Shape.of(2, 3, 5, 4));
    Graph g = b.output(conv1x1(b, "y", x, 7)).build();
    float[] input = random(120, 6);
    assertArrayEquals(run(g, SCALAR, input), run(g, SCALAR.dataFormat(DataFormat.NHWC), input));
    assertEquals(
        1, Planner.plan(g, DataFormat.NHWC).steps().size(), "no reorder between NHWC faces");
  }

  @Test
  void absurdSizesAreAClearError() {
    Graph.Builder b = Graph.builder("absurd");
    Value x = b.input("x", Shape.of(1, 1L << 39));
    Graph g = b.output(b.add("y", new Unary(Activation.RELU), x)).build();
    String message =
        assertThrows(
                StriateException.class,
                () -> {
                  try (CompiledModel m = CompiledModel.compile(g, SCALAR);
                      Execution e = m.newExecution()) {
                    e.run();
                  }
                })
            .getMessage();
    assertTrue(message.contains("absurd"), message);
  }

  @Test
  void constantsFold() {
    Graph.Builder b = Graph.builder("folded");
    Value x = b.input("x", Shape.of(1, 2));
    Value c = b.constant("c", Tensor.of(Shape.of(2), 1, 2));
    Value d = b.add("d", Binary.of(Binary.Kind.MUL), c, c);
    Graph g = b.output(b.add("y", Binary.of(Binary.Kind.ADD), x, d)).build();
    try (CompiledModel m = CompiledModel.compile(g, SCALAR)) {
      assertEquals(List.of("y"), m.graph().nodes().stream().map(n -> n.name()).toList());
    }
    assertArrayEquals(new float[] {11, 24}, run(g, SCALAR, new float[] {10, 20}));
  }

  /** A convolution, flattened in one way or the other, and one or two dense layers behind. */
  private static Graph flattened(boolean reshape, boolean transB, int readers) {
    Graph.Builder b = Graph.builder("flattened");
    Value x = conv1x1(b, "c", b.input("x", Shape.of(2, 2, 3, 5)), 4);
    Value flat =
        reshape
            ? b.add("flat", new Reshape(List.of(0L, -1L)), x)
            : b.add("flat", new Flatten(1), x);
    Shape weights = transB ? Shape.of(7, 60) : Shape.of(60, 7);
    Value w = b.constant("fc.w", Tensor.of(weights, random(420, 9)));
    Value y = b.add("fc", new Gemm(false, transB, Epilogue.NONE), flat, w);
    if (readers > 1) {
      y =
          b.add(
              "sum",
              Binary.of(Binary.Kind.ADD),
              y,
              b.add("fc2", new Gemm(false, transB, Epilogue.NONE), flat, w));
    }
    return b.output(y).build();
  }

  @Test
  void denseLayersReadImagesAsTheyLie() {
    for (boolean reshape : new boolean[] {false, true}) {
      for (boolean transB : new boolean[] {false, true}) {
        Graph g = flattened(reshape, transB, 1);
        float[] x = random(60, 11);
        assertArrayEquals(run(g, SCALAR.optimize(false), x), run(g, SCALAR, x));
        Graph ready = CompiledModel.prepared(g, SCALAR);
        assertEquals(List.of("reorder x", "c", "fc"), stepNames(ready));
      }
    }
    Graph twice = CompiledModel.prepared(flattened(false, false, 2), SCALAR);
    assertTrue(stepNames(twice).contains("reorder c"), "both layers would need a copy of weights");
  }

  @Test
  void manyRandomGraphsAgreeWithAndWithoutPasses() {
    for (int seed : IntStream.range(0, 60).toArray()) {
      Graph g = RandomGraphs.make(seed);
      float[] x = random(g.inputs().get(0).shape().elements(), seed);
      float[] plain = run(g, SCALAR.optimize(false), x);
      float[] optimized = run(g, SCALAR, x);
      double largest = 1;
      for (float v : plain) {
        largest = Math.max(largest, Math.abs(v));
      }
      assertArrayEquals(plain, optimized, (float) (1e-5 * largest), "random graph " + seed);
    }
  }
}
