package io.striate.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.striate.exec.Options;
import io.striate.graph.Value;
import io.striate.nn.Initialization;
import io.striate.nn.Initializer;
import io.striate.nn.Model;
import io.striate.tensor.Tensor;
import io.striate.zoo.Architecture;
import io.striate.zoo.Zoo;
import io.striate.zoo.ZooOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every network of the zoo, exported: ONNX Runtime accepts it and answers equally. Images are small
 * where the network allows it. Set STRIATE_SLOW_TESTS=1 to include those that take seconds each:
 * FCN's with half a gigabyte of weights, and the deepest ResNets.
 */
class ZooExportTest {
  private static final ZooOptions OPTIONS =
      ZooOptions.defaults()
          .withSeed(7)
          .withInitialization(Initialization.perturbed().withWeights(Initializer.heUniform()));

  private static final Set<String> SLOW =
      Set.of(
          "fcn32s_vgg16",
          "fcn16s_vgg16",
          "fcn8s_vgg16",
          "resnet101",
          "resnet152",
          "resnet101_original",
          "resnet152_original");

  static List<Architecture> all() {
    return Zoo.all();
  }

  private static Model model(Architecture a) {
    if (a.hasAuxiliaryHeads()) {
      return a.build(OPTIONS.withAuxiliaryHeads(true));
    }
    List<Long> input = a.input();
    if (input.size() < 3 || input.get(2) < 64) {
      return a.build(OPTIONS);
    }
    long side =
        switch (a.family()) {
          case "VGG" -> 32;
          case "FCN" -> 5;
          case "AlexNet" -> 67;
          default -> 96;
        };
    Model model = a.build(OPTIONS.withImage(side, side));
    // What follows is AlexNet's classifier, with half a gigabyte of weights.
    return a.family().equals("VGG") ? model.outputsAt("avgpool") : model;
  }

  @ParameterizedTest
  @MethodSource("all")
  void onnxRuntimeAnswersEqually(Architecture a, @TempDir Path folder) throws IOException {
    boolean wanted = !SLOW.contains(a.name()) || "1".equals(System.getenv("STRIATE_SLOW_TESTS"));
    if (!wanted) {
      System.out.println("skipped: " + a.name() + " needs STRIATE_SLOW_TESTS=1");
    }
    assumeTrue(wanted, "STRIATE_SLOW_TESTS is not 1");
    Model model = model(a);
    Path file = folder.resolve("model.onnx");
    OnnxExporter.write(model, file);
    Value in = model.graph().inputs().get(0);
    Map<String, Tensor> inputs = Map.of(in.name(), Peer.random(in.shape(), 5));
    Map<String, Peer.Result> expected = Peer.ort(file, inputs);
    Map<String, Peer.Result> actual = Peer.striate(model, inputs, Options.defaults());
    assertEquals(model.graph().outputs().size(), expected.size());
    Peer.assertClose(expected, actual, 1e-4);
  }
}
