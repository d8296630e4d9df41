package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Activation;
import io.striate.op.Binary;
import io.striate.op.Conv;
import io.striate.op.Epilogue;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.GlobalPool;
import io.striate.op.KernelOp;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import io.striate.op.Softmax;
import io.striate.op.Transpose;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StagesTest {
  private static final int BATCH = 6;

  private static Tensor random(Shape shape, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-0.5, 0.5);
    }
    return Tensor.of(shape, values);
  }

  private static Value conv(Graph.Builder b, String name, Value x, int channels, Window window) {
    Shape w = Shape.of(channels, x.shape().dim(1), window.kernel().get(0), window.kernel().get(1));
    return b.add(
        name,
        new Conv(window, 1, Epilogue.NONE.withActivation(Activation.RELU)),
        x,
        b.constant(name + ".w", random(w, name.hashCode())));
  }

  /** Large maps and few weights, then small maps and many weights, then a dense layer. */
  private static Graph pyramid(int batch) {
    Graph.Builder b = Graph.builder("pyramid");
    Value x = b.input("x", Shape.of(batch, 3, 40, 40));
    x = conv(b, "wide1", x, 32, Window.of(3, 3).withPadding(1));
    x = conv(b, "wide2", x, 32, Window.of(1, 1));
    x = b.add("pool", Pool.max(Window.of(8, 8).withStride(8)), x);
    x = conv(b, "deep1", x, 512, Window.of(1, 1));
    x = conv(b, "deep2", x, 256, Window.of(1, 1));
    Value dense = b.constant("fc.w", random(Shape.of(25 * 256, 64), 5));
    Value flat = b.add("flat", new Flatten(1), x);
    return b.output(b.add("fc", new Gemm(false, false, Epilogue.NONE), flat, dense)).build();
  }

  private static int rounds(Explanation e, String step) {
    return e.rows().stream().filter(r -> r.name().equals(step)).findFirst().orElseThrow().rounds();
  }

  @Test
  void earlyStepsRunImageByImageAndLateOnesOnTheWholeBatch() {
    Options options = Options.defaults().strategy("scalar").threads(1);
    try (CompiledModel model = CompiledModel.compile(pyramid(8), options);
        CompiledModel single = CompiledModel.compile(pyramid(1), options)) {
      Explanation e = model.explain();
      assertEquals(8, rounds(e, "wide1"), e.toString());
      assertEquals(8, rounds(e, "wide2"), e.toString());
      assertEquals(1, rounds(e, "deep2"), e.toString());
      assertEquals(1, rounds(e, "fc"), e.toString());
      assertEquals(8 * single.explain().macs(), e.macs());
      assertEquals(Shape.of(8, 32, 40, 40), e.rows().get(1).output());
      assertTrue(e.toString().contains("rounds"), e.toString());
      assertFalse(single.explain().toString().contains("rounds"));
      assertTrue(
          model.activationBytes() < 3 * single.activationBytes(),
          model.activationBytes() + " bytes for 8 images, " + single.activationBytes() + " for 1");
    }
  }

  /** Any division of the steps that may be divided. */
  private static Stages.Division divided(SplittableRandom random) {
    return (steps, batch) -> {
      long[] divisors = {1, 2, 3, 6};
      long[] images = new long[steps.size()];
      for (int i = 0; i < images.length; i++) {
        boolean separable = ImageSteps.isSeparable(steps.get(i), batch);
        boolean again = i > 0 && random.nextInt(3) > 0 && (separable || images[i - 1] == batch);
        long next = separable ? divisors[random.nextInt(divisors.length)] : batch;
        images[i] = again ? images[i - 1] : next;
      }
      return Stages.grouped(images, batch);
    };
  }

  private static float[] run(Graph graph, Options options, Stages.Division division, float[] x) {
    Graph ready = CompiledModel.prepared(graph, options);
    Plan plan = Planner.plan(ready, options.dataFormat(), division);
    KernelChooser chooser = new KernelChooser(Strategies.named(options.strategy()), options);
    List<CompiledStep> steps = plan.steps().stream().map(chooser::choose).toList();
    try (CompiledModel model = CompiledModel.of(ready, options, plan, steps);
        Execution run = model.newExecution()) {
      float[] first = new float[0];
      for (int i = 0; i < 2; i++) {
        run.input().copyFrom(x);
        run.run();
        float[] y = run.output().toArray();
        assertTrue(i == 0 || Arrays.equals(first, y), "a second run differs from the first");
        first = y;
      }
      return first;
    }
  }

  @Test
  void noDivisionChangesABit() {
    SplittableRandom random = new SplittableRandom(7);
    int repeated = 0;
    for (String strategy : List.of("scalar", "vector")) {
      Options options = Options.defaults().strategy(strategy).threads(1);
      for (int seed = 0; seed < (strategy.equals("scalar") ? 60 : 10); seed++) {
        Graph one = RandomGraphs.make(seed).withBatch(1);
        Graph six = one.withBatch(BATCH);
        float[] x = random(six.inputs().get(0).shape(), seed).toArray();
        int size = x.length / BATCH;
        float[] y = run(six, options, divided(random), x);
        for (int i = 0; i < BATCH; i++) {
          float[] image = Arrays.copyOfRange(x, i * size, (i + 1) * size);
          assertArrayEquals(
              run(one, options, Stages::of, image),
              Arrays.copyOfRange(y, i * y.length / BATCH, (i + 1) * y.length / BATCH),
              strategy + ", seed " + seed + ", image " + i);
        }
        repeated += divisions(six, options, random);
      }
    }
    assertTrue(repeated > 100, "only " + repeated + " stages repeat");
  }

  private static int divisions(Graph graph, Options options, SplittableRandom random) {
    Graph ready = CompiledModel.prepared(graph, options);
    return (int)
        Planner.plan(ready, options.dataFormat(), divided(random)).stages().stream()
            .filter(Stage::repeats)
            .count();
  }

  /** The last step of a graph of one op on a value with a batch of 4 in all its dimensions. */
  private static boolean separable(KernelOp op, boolean swapped, Shape... second) {
    Graph.Builder b = Graph.builder("one op");
    Value x = b.input("x", Shape.of(4, 4, 4, 4));
    Value from = swapped ? b.add("t", new Transpose(List.of(1, 0, 2, 3)), x) : x;
    List<Value> inputs = new ArrayList<>(List.of(from));
    for (Shape s : second) {
      inputs.add(b.constant("c", random(s, 1)));
    }
    Graph g = b.output(b.add("op", op, inputs.toArray(Value[]::new))).build();
    Plan plan = Planner.plan(g, DataFormat.NHWC, (steps, batch) -> Stages.of(steps, 1));
    Step step = plan.steps().stream().filter(s -> s.name().equals("op")).findFirst().orElseThrow();
    return ImageSteps.isSeparable(step, 4);
  }

  @Test
  void stepsThatMixImagesAreNotDivided() {
    KernelOp relu = new Unary(Activation.RELU);
    assertTrue(separable(relu, false));
    assertFalse(separable(relu, true), "dimension 0 is not the images'");
    assertTrue(separable(new Softmax(1, false), false));
    assertFalse(separable(new Softmax(0, false), false));
    assertFalse(separable(new Softmax(-4, false), false));
    assertTrue(separable(new Reduce(Reduce.Kind.MEAN, List.of(2, 3), true), false));
    assertFalse(separable(new Reduce(Reduce.Kind.MEAN, List.of(0), false), false));
    List<Long> none = List.of(0L, 0L, 0L, 0L);
    List<Long> up = List.of(1L, 0L, 0L, 0L);
    List<Long> down = List.of(-1L, 0L, 0L, 0L);
    assertTrue(separable(new Pad(Pad.Mode.CONSTANT, none, none, 0), false));
    assertFalse(separable(new Pad(Pad.Mode.CONSTANT, up, down, 0), false));
    KernelOp add = Binary.of(Binary.Kind.ADD);
    assertTrue(separable(add, false, Shape.of(4, 1, 1)));
    assertTrue(separable(add, false, Shape.of(1, 4, 4, 4)));
    assertFalse(separable(add, false, Shape.of(4, 1, 1, 1)), "one per image");
    KernelOp product = new Gemm(false, false, Epilogue.NONE);
    assertFalse(separable(product, false, Shape.of(4, 4, 4, 4)), "one per image");
    KernelOp conv = new Conv(Window.of(4, 4), 1, Epilogue.NONE);
    assertTrue(separable(conv, false, Shape.of(4, 4, 4, 4)), "weights");
  }

  @Test
  void scalesOfSqueezeAndExcitationFollowTheirImages() {
    Graph.Builder b = Graph.builder("se");
    Value x = conv(b, "c", b.input("x", Shape.of(1, 3, 7, 5)), 8, Window.of(3, 3).withPadding(1));
    Value s = b.add("squeeze", GlobalPool.average(), x);
    s = conv(b, "excite", s, 8, Window.of(1, 1));
    Graph one = b.output(b.add("scale", Binary.of(Binary.Kind.MUL), x, s)).build();
    Graph six = one.withBatch(BATCH);
    Options options = Options.defaults().strategy("scalar").threads(1);
    float[] in = random(six.inputs().get(0).shape(), 3).toArray();
    float[] whole = run(six, options, (steps, n) -> Stages.grouped(all(steps, n), n), in);
    assertArrayEquals(whole, run(six, options, (t, n) -> Stages.grouped(all(t, 1), n), in));
    assertArrayEquals(whole, run(six, options, (t, n) -> Stages.grouped(all(t, 2), n), in));
  }

  private static long[] all(List<Step> steps, long images) {
    long[] same = new long[steps.size()];
    Arrays.fill(same, images);
    return same;
  }

  @Test
  void timesOfAllRoundsAreAdded() {
    Options options = Options.defaults().strategy("scalar").threads(1);
    try (CompiledModel model = CompiledModel.compile(pyramid(4), options);
        Execution run = model.newExecution()) {
      long[] nanos = new long[run.steps()];
      Arrays.fill(nanos, Long.MIN_VALUE);
      long before = System.nanoTime();
      run.runTimed(nanos);
      long all = System.nanoTime() - before;
      assertTrue(Arrays.stream(nanos).allMatch(n -> n > 0), Arrays.toString(nanos));
      assertTrue(Arrays.stream(nanos).sum() <= all, Arrays.toString(nanos) + " of " + all);
    }
  }
}
