package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.striate.graph.Graph;
import io.striate.nn.Initialization;
import io.striate.nn.Model;
import io.striate.nn.Network;
import io.striate.op.Accuracy;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightCacheTest {
  private static final Strategies.Strategy CPU = Strategies.named("cpu");

  @TempDir Path folder;

  @BeforeEach
  void needsNatives() {
    assumeTrue(CPU.unavailable().isEmpty(), () -> CPU.unavailable().orElse(""));
  }

  /** Winograd, igemm, depthwise and dense kernels, and weights that batch normalisation scales. */
  private static Model model(long seed) {
    Network net = Network.named("cached").seed(seed).initialization(Initialization.perturbed());
    return net.input(3, 28, 28)
        .conv2d(64, 3, c -> c.padding(1))
        .batchNorm()
        .relu()
        .conv2d(64, 3, c -> c.padding(1))
        .conv2d(64, 3, c -> c.padding(1).groups(64).stride(2))
        .conv2d(96, 1)
        .flatten()
        .dense(10)
        .build();
  }

  private Options options() {
    return Options.defaults().strategy("cpu").threads(2).weightCache(folder);
  }

  private static float[] answer(CompiledModel model) {
    try (Execution run = model.newExecution()) {
      float[] values = new float[(int) run.input().shape().elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) Math.sin(i);
      }
      run.input().copyFrom(values);
      run.run();
      return run.output().toArray();
    }
  }

  private static float[] compiled(Model model, Options options) {
    try (CompiledModel compiled = model.compile(options)) {
      return answer(compiled);
    }
  }

  private int restorable(Model model, Options options) {
    Graph prepared = CompiledModel.prepared(model.graph(), options);
    Plan plan = Planner.plan(prepared, options, CPU);
    try (Arena arena = Arena.ofShared()) {
      Optional<Map<String, CompiledStep>> steps =
          new WeightCache(folder, model.graph(), prepared, options, CPU).load(plan, arena);
      steps.ifPresent(all -> all.values().forEach(s -> s.kernel().close()));
      return steps.map(Map::size).orElse(-1);
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }

  @Test
  void restoredModelsAnswerAlike() throws IOException {
    Model model = model(1);
    float[] expected = compiled(model, Options.defaults().strategy("cpu").threads(2));
    assertEquals(-1, restorable(model, options()));
    assertArrayEquals(expected, compiled(model, options()), "the first, which packs");
    assertEquals(1, files().size());
    assertEquals(5, restorable(model, options()), "three convolutions, one depthwise, one dense");
    try (CompiledModel packed = model.compile(options().weightCache(folder.resolve("other")));
        CompiledModel restored = model.compile(options())) {
      assertArrayEquals(expected, answer(restored), "the second, which restores");
      assertEquals(packed.explain().toString(), restored.explain().toString());
      assertEquals(packed.packedBytes(), restored.packedBytes());
    }
  }

  @Test
  void everyThingThatMattersHasAFileOfItsOwn() throws IOException {
    float[] first = compiled(model(1), options());
    float[] second = compiled(model(2), options());
    assertFalse(Arrays.equals(first, second));
    compiled(model(1), options().threads(1));
    compiled(model(1), options().accuracy(Accuracy.STRICT));
    compiled(model(1), options().batch(2));
    assertEquals(5, files().size());
    assertArrayEquals(first, compiled(model(1), options()));
    assertArrayEquals(second, compiled(model(2), options()));
    assertEquals(5, files().size());
  }

  /** Other passes may permute or scale weights that kernels of equal shapes then have packed. */
  @Test
  void theKeyKnowsWhatThePassesMadeOfTheGraph() {
    Graph graph = model(1).graph();
    Graph prepared = CompiledModel.prepared(graph, options());
    String key = WeightKey.of(graph, prepared, options());
    assertEquals(key, WeightKey.of(graph, prepared, options()));
    assertNotEquals(key, WeightKey.of(graph, graph, options()));
  }

  /** Weights that stay in their file, whose checksums are known, and the same ones in memory. */
  @Test
  void theKeyDependsOnValuesAndNotOnWhereTheyLie() throws IOException {
    Path file = folder.resolve("w.safetensors");
    Model saved = Network.named("m").seed(1).input(64, 8, 8).conv2d(256, 3).batchNorm().build();
    saved.saveWeights(file);
    Model loaded = saved.loadWeights(file);
    Model touched = saved.loadWeights(file);
    Tensor weights = touched.weights().values().iterator().next();
    assertEquals(key(saved), key(loaded));
    assertEquals(key(saved), key(touched));
    weights.set(3, 0, 0, 0, 0);
    assertNotEquals(key(saved), key(touched));
    Path cache = folder.resolve("cache");
    float[] expected = compiled(saved, options().weightCache(cache));
    assertArrayEquals(expected, compiled(loaded, options().weightCache(cache)));
    assertFalse(Arrays.equals(expected, compiled(touched, options().weightCache(cache))));
    assertArrayEquals(expected, compiled(loaded, Options.defaults().strategy("cpu").threads(2)));
  }

  private String key(Model model) {
    Graph graph = model.graph();
    return WeightKey.of(graph, CompiledModel.prepared(graph, options()), options());
  }

  @Test
  void damagedFilesAreReplaced() throws IOException {
    Model model = model(1);
    float[] expected = compiled(model, options());
    Path file = files().get(0);
    byte[] good = Files.readAllBytes(file);
    for (int at :
        new int[] {0, 9, 13, 20, 30, 33, 200, 600, 5000, good.length / 2, good.length - 1}) {
      byte[] bad = good.clone();
      bad[at] ^= 0x40;
      check(model, expected, file, bad, "byte " + at);
    }
    for (int length : new int[] {0, 1, 31, 32, 100, 4096, good.length / 2, good.length - 1}) {
      check(model, expected, file, Arrays.copyOf(good, length), length + " bytes");
    }
    check(model, expected, file, Arrays.copyOf(good, good.length + 1), "one byte more");
  }

  private void check(Model model, float[] expected, Path file, byte[] content, String what)
      throws IOException {
    Files.write(file, content);
    boolean padding = restorable(model, options()) >= 0;
    assertArrayEquals(expected, compiled(model, options()), what);
    if (!padding) { // a byte between header and data is not looked at
      assertNotEquals(-1, restorable(model, options()), what + ": not replaced");
    }
    assertEquals(List.of(file), files(), what);
  }

  @Test
  void folderThatCannotBeMadeCostsNothingButTime() throws IOException {
    Path notAFolder = Files.createFile(folder.resolve("file"));
    Model model = model(1);
    float[] expected = compiled(model, Options.defaults().strategy("cpu").threads(2));
    assertArrayEquals(expected, compiled(model, options().weightCache(notAFolder)));
    assertTrue(Files.isRegularFile(notAFolder));
  }

  @Test
  void otherStrategiesKeepNothingAndRun() throws IOException {
    Model model = model(1);
    float[] expected = compiled(model, Options.defaults().strategy("scalar").threads(1));
    Options scalar = options().strategy("scalar").threads(1);
    assertArrayEquals(expected, compiled(model, scalar));
    assertArrayEquals(expected, compiled(model, scalar));
  }
}
