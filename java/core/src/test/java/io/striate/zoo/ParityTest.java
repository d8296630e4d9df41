package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.striate.exec.Options;
import io.striate.exec.Strategies;
import io.striate.io.Safetensors;
import io.striate.nn.Initialization;
import io.striate.nn.Model;
import io.striate.nn.Network;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.zoo.LayerOutputs.Distance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The zoo's networks with PyTorch's weights give PyTorch's answers, and so does each of their
 * layers. The files are made by tools/parity/generate.py into the folder that STRIATE_PARITY names;
 * without it these tests are skipped.
 */
class ParityTest {
  /** Of the largest logit, or of the largest value of a layer. */
  private static final double TOLERANCE = 1e-4;

  @TestFactory
  Stream<DynamicNode> networks() throws IOException {
    String folder = System.getenv("STRIATE_PARITY");
    if (folder == null || folder.isEmpty()) {
      String reason = "skipped: STRIATE_PARITY names no folder; see tools/parity/README.md";
      System.out.println(reason);
      Assumptions.abort(reason);
      return Stream.of();
    }
    List<Path> networks;
    try (Stream<Path> list = Files.list(Path.of(folder))) {
      networks = list.filter(Files::isDirectory).sorted().toList();
    }
    assertTrue(!networks.isEmpty(), folder + " holds no networks");
    return networks.stream().map(ParityTest::tests);
  }

  private static DynamicNode tests(Path folder) {
    List<DynamicNode> tests = new ArrayList<>();
    tests.add(dynamicTest("layers", () -> layers(folder)));
    Strategies.all().stream()
        .filter(s -> s.unavailable().isEmpty())
        .map(Strategies.Strategy::name)
        .filter(s -> !s.equals("auto") && !s.equals("scalar")) // the oracle would take minutes
        .forEach(s -> tests.add(dynamicTest(s, () -> answer(folder, s))));
    return dynamicContainer(folder.getFileName().toString(), tests);
  }

  /** The network, with its auxiliary heads if it has any, and PyTorch's weights. */
  private static Model model(Path folder) throws IOException {
    Architecture a = Zoo.of(folder.getFileName().toString());
    ZooOptions options = ZooOptions.defaults().withAuxiliaryHeads(a.hasAuxiliaryHeads());
    return a.build(options).loadWeights(folder.resolve("weights.safetensors"));
  }

  private static void answer(Path folder, String strategy) throws IOException {
    Model model = model(folder);
    try (Safetensors file = Safetensors.open(folder.resolve("input.safetensors"))) {
      Tensor input = file.tensor("input");
      float[] expected = file.tensor("output").toArray();
      Options options = Options.defaults().strategy(strategy).threads(1);
      double share = LayerOutputs.share(LayerOutputs.answer(model, input, options), expected);
      System.out.printf(
          Locale.ROOT, "%s, %s: %.2g of the largest logit%n", model.name(), strategy, share);
      if (!(share <= TOLERANCE)) {
        List<Distance> distances = distances(folder, model, input, options);
        fail(
            "the answer is "
                + share
                + " of the largest logit away; first layer that diverges: "
                + LayerOutputs.firstDivergent(distances, TOLERANCE)
                    .map(Distance::toString)
                    .orElse("none, so what was fused does"));
      }
    }
  }

  private static void layers(Path folder) throws IOException {
    Model model = model(folder);
    try (Safetensors file = Safetensors.open(folder.resolve("input.safetensors"))) {
      Options options = Options.defaults().threads(1);
      List<Distance> distances = distances(folder, model, file.tensor("input"), options);
      Distance worst =
          distances.stream().max(Comparator.comparingDouble(Distance::share)).orElseThrow();
      System.out.printf(
          "%s: %d layers, the furthest is %s%n", model.name(), distances.size(), worst);
      // All but the input; layers that PyTorch runs as functions are named by what they do.
      assertEquals(model.summary().rows().size() - 1, distances.size());
      LayerOutputs.firstDivergent(distances, TOLERANCE)
          .ifPresent(d -> fail("the first layer that diverges is " + d));
    }
  }

  private static List<Distance> distances(Path folder, Model model, Tensor input, Options options)
      throws IOException {
    try (Safetensors file = Safetensors.open(folder.resolve("layers.safetensors"))) {
      Map<String, Tensor> expected = new HashMap<>();
      file.names().forEach(name -> expected.put(name, file.tensor(name)));
      return LayerOutputs.distances(model, input, expected, options);
    }
  }

  /** What the test says when it fails is right, too. */
  @Test
  void theFirstDivergentLayerIsFound() {
    Model good = tiny();
    Tensor input = Tensor.of(Shape.of(1, 2, 4, 4), ramp(32));
    Options options = Options.defaults().threads(1);
    Map<String, Tensor> expected = new HashMap<>();
    for (String layer : List.of("conv1", "relu1", "conv2", "fc")) {
      float[] values = LayerOutputs.answer(good.outputsAt(layer), input, options);
      expected.put(layer, Tensor.of(Shape.of(values.length), values));
    }
    assertEquals(
        4,
        LayerOutputs.distances(good, input, expected, options).stream()
            .filter(d -> d.share() == 0)
            .count());
    Map<String, Tensor> weights = new HashMap<>(good.weights());
    float[] bias = weights.get("conv2.bias").toArray();
    bias[1] += 0.5f;
    weights.put("conv2.bias", Tensor.of(Shape.of(bias.length), bias));
    List<Distance> distances =
        LayerOutputs.distances(good.withWeights(weights), input, expected, options);
    assertEquals("conv2", LayerOutputs.firstDivergent(distances, TOLERANCE).orElseThrow().layer());
    assertEquals(0, distances.get(0).share());
    Arrays.fill(bias, Float.NaN);
    assertTrue(Double.isNaN(LayerOutputs.share(bias, new float[bias.length])));
  }

  private static Model tiny() {
    return Network.named("tiny")
        .initialization(Initialization.perturbed())
        .input(2, 4, 4)
        .named("conv1")
        .conv2d(3, 3)
        .named("relu1")
        .relu()
        .named("conv2")
        .conv2d(2, 2)
        .named("flatten")
        .flatten()
        .named("fc")
        .dense(2)
        .build();
  }

  private static float[] ramp(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (i % 7) / 3f - 1;
    }
    return values;
  }
}
