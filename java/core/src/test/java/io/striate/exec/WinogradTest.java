package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.nn.Flow;
import io.striate.nn.Initialization;
import io.striate.nn.Model;
import io.striate.nn.Network;
import io.striate.op.Accuracy;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What accuracy modes change: the algorithm, within its bound, and never the bits between runs. */
final class WinogradTest {
  private static final int CHANNELS = 32;
  private static final int SIZE = 22;

  private static Model residualBlock() {
    Network net = Network.named("block").initialization(Initialization.perturbed());
    Flow x = net.input(CHANNELS, SIZE, SIZE);
    Flow y = x.conv2d(CHANNELS, 3, c -> c.padding(1)).relu();
    return y.conv2d(CHANNELS, 3, c -> c.padding(1)).add(x).relu().build();
  }

  private static float[] pixels(int batch) {
    SplittableRandom random = new SplittableRandom(5);
    float[] values = new float[batch * CHANNELS * SIZE * SIZE];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private static Options options(String strategy, Accuracy accuracy) {
    Assumptions.assumeTrue(
        TestStrategies.available().contains(strategy), strategy + " kernels are not available");
    return Options.defaults().strategy(strategy).threads(1).accuracy(accuracy);
  }

  private static float[] run(Options options, float[] pixels) {
    try (CompiledModel compiled = residualBlock().compile(options);
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(pixels);
      run.run();
      return run.output().toArray();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "vector"})
  void strictTakesDirectKernelsOnly(String strategy) {
    try (CompiledModel strict = residualBlock().compile(options(strategy, Accuracy.STRICT));
        CompiledModel standard = residualBlock().compile(options(strategy, Accuracy.DEFAULT))) {
      assertFalse(strict.explain().toString().contains("winograd"), strict.explain().toString());
      assertEquals(
          2,
          standard.explain().rows().stream().filter(r -> r.kernel().contains("/winograd")).count(),
          standard.explain().toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "vector"})
  void differsFromStrictByRoundingOnly(String strategy) {
    float[] x = pixels(2);
    float[] strict = run(options(strategy, Accuracy.STRICT).batch(2), x);
    float[] standard = run(options(strategy, Accuracy.DEFAULT).batch(2), x);
    assertFalse(Arrays.equals(strict, standard), "another algorithm rounds differently");
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < strict.length; i++) {
      largest = Math.max(largest, Math.abs(strict[i]));
      difference = Math.max(difference, Math.abs(strict[i] - standard[i]));
    }
    // Two layers, each within 1e-6 of its largest output by docs/kernels/conv.md.
    assertTrue(difference <= 4e-6 * largest, difference + " of " + largest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "vector"})
  void bitsDependOnNeitherThreadsNorBatch(String strategy) {
    float[] x = pixels(3);
    Options one = options(strategy, Accuracy.DEFAULT).batch(3);
    float[] expected = run(one, x);
    assertArrayEquals(expected, run(one.threads(2), x));
    int image = expected.length / 3;
    for (int n = 0; n < 3; n++) {
      float[] alone = Arrays.copyOfRange(x, n * image, (n + 1) * image);
      assertArrayEquals(
          Arrays.copyOfRange(expected, n * image, (n + 1) * image),
          run(options(strategy, Accuracy.DEFAULT).batch(1), alone));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "vector"})
  void explainsWhyOtherKernelsDoNotRun(String strategy) {
    try (CompiledModel standard = residualBlock().compile(options(strategy, Accuracy.DEFAULT));
        CompiledModel strict = residualBlock().compile(options(strategy, Accuracy.STRICT))) {
      String step =
          standard.explain().rows().stream()
              .filter(r -> r.kernel().contains("/winograd"))
              .findFirst()
              .orElseThrow()
              .name();
      List<String> fast = standard.passedOver(step);
      assertTrue(fast.stream().anyMatch(l -> l.contains("/igemm/")), fast.toString());
      assertTrue(fast.stream().anyMatch(l -> l.contains("estimated to")), fast.toString());
      String igemm =
          strict.explain().rows().stream()
              .filter(r -> r.name().equals(step))
              .findFirst()
              .orElseThrow()
              .kernel();
      Options named = options(strategy, Accuracy.DEFAULT).kernel(step, igemm);
      try (CompiledModel direct = residualBlock().compile(named)) {
        List<String> lines = direct.passedOver(step);
        assertTrue(
            lines.stream()
                .anyMatch(l -> l.contains("/winograd") && l.contains("the options name another")),
            lines.toString());
      }
      List<String> exact = strict.passedOver(step);
      assertTrue(
          exact.stream().anyMatch(l -> l.contains("winograd") && l.contains("strict")),
          exact.toString());
      assertThrows(IllegalArgumentException.class, () -> strict.passedOver("no step"));
    }
  }

  /**
   * Many pixels pay for the larger transforms, at 256 bits many channels too; few do not pay for
   * reading more weights.
   */
  @ParameterizedTest
  @CsvSource({"cpu,64,56,true", "cpu,256,14,false", "vector,128,112,true", "vector,256,14,false"})
  void strideTwoIsTakenWhereItPays(String strategy, int channels, int size, boolean taken) {
    Network net = Network.named("strided").initialization(Initialization.perturbed());
    Flow x = net.input(channels, size, size);
    Model model = x.conv2d(2L * channels, 3, c -> c.padding(1).stride(2)).build();
    try (CompiledModel compiled = model.compile(options(strategy, Accuracy.DEFAULT))) {
      String plan = compiled.explain().toString();
      assertEquals(taken, plan.contains("-3x3s2"), plan);
    }
  }
}
