package io.striate.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.exec.Strategies;
import io.striate.graph.Graph;
import io.striate.image.Image;
import io.striate.io.Npy;
import io.striate.nn.Model;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Trained models as their authors published them. */
class PublishedModelsTest {
  /** SqueezeNet's file leaves height and width open. */
  private static final OnnxOptions SIZE = OnnxOptions.defaults().withImageSize(224, 224);

  static List<String> strategies() {
    return Strategies.all().stream()
        .filter(
            s -> {
              s.unavailable()
                  .ifPresent(r -> System.out.println("strategy " + s.name() + " skipped: " + r));
              return s.unavailable().isEmpty();
            })
        .map(Strategies.Strategy::name)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void squeezeNetAgreesWithItsTestSets(String strategy) {
    Model model = OnnxModel.load(TestData.require("models/squeezenet1.1.onnx"), SIZE);
    Path sets = TestData.require("models/squeezenet1.1-test-data");
    try (CompiledModel compiled =
            CompiledModel.compile(model.graph(), Options.defaults().strategy(strategy).threads(1));
        Execution run = compiled.newExecution()) {
      for (int set = 0; set < 3; set++) {
        Path folder = sets.resolve("test_data_set_" + set);
        Tensor input = OnnxTensors.read(folder.resolve("input_0.pb"));
        Tensor expected = OnnxTensors.read(folder.resolve("output_0.pb"));
        run.input().copyFrom(input.toArray());
        run.run();
        float[] want = expected.toArray();
        float[] got = run.output().toArray();
        assertEquals(want.length, got.length);
        double worst = 0;
        for (int i = 0; i < want.length; i++) {
          worst = Math.max(worst, Math.abs((double) want[i] - got[i]));
        }
        // Outputs reach 296, so this is 0.7e-6 of the range.
        assertTrue(worst <= 2e-4, "set " + set + ": largest difference " + worst);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "squeezenet1.1.onnx, 1x3x224x224, 1x1000, 1235496",
    "lenet-mnist-caffe.onnx, 1x1x28x28, 1x10, 431080",
    "resnet20-cifar10.onnx, 1x3x32x32, 1x10, 269722",
    "resnet32-cifar10.onnx, 1x3x32x32, 1x10, 464154"
  })
  void interfaces(String file, String input, String output, long parameters) {
    Model model = OnnxModel.load(TestData.require("models/" + file), SIZE);
    Graph graph = model.graph();
    assertTrue(graph.isDynamicBatch());
    assertEquals(input, graph.inputs().get(0).shape().toString());
    assertEquals(output, graph.outputs().get(0).shape().toString());
    assertEquals(parameters, graph.parameterCount());
    Graph many = graph.withBatch(5);
    assertEquals(5, many.outputs().get(0).shape().dim(0));
  }

  @ParameterizedTest
  @CsvSource({"resnet20", "resnet32"})
  void residualNetworksAgreeWithStoredLogits(String name) throws IOException {
    int count = 20;
    Model model = OnnxModel.load(TestData.require("models/" + name + "-cifar10.onnx"));
    float[] logits =
        Npy.read(TestData.require("models/" + name + "-cifar10-test1000-logits.npy")).toArray();
    Image strip = Image.read(TestData.require("data/cifar10/test_first1000.png"));
    float[] mean = {0.485f, 0.456f, 0.406f};
    float[] deviation = {0.229f, 0.224f, 0.225f};
    float[] pixels = new float[count * 3 * 1024];
    for (int image = 0; image < count; image++) {
      for (int c = 0; c < 3; c++) {
        for (int at = 0; at < 1024; at++) {
          float value = strip.get(at, image, c) / 255f;
          pixels[(image * 3 + c) * 1024 + at] = (value - mean[c]) / deviation[c];
        }
      }
    }
    Map<String, Tensor> inputs =
        Map.of(model.graph().inputs().get(0).name(), Tensor.of(Shape.of(count, 3, 32, 32), pixels));
    Map<String, Peer.Result> result =
        Peer.striate(model, inputs, Options.defaults().strategy("scalar").threads(1));
    float[] got = result.values().iterator().next().values();
    for (int i = 0; i < count * 10; i++) {
      assertEquals(logits[i], got[i], 1e-3, "image " + i / 10);
    }
  }

  @Test
  void tensorFilesSurviveARoundTrip(@TempDir Path folder) {
    Tensor tensor = Peer.random(Shape.of(2, 3, 4), 5);
    Path file = folder.resolve("tensor.pb");
    OnnxTensors.write(file, "t", tensor);
    Tensor back = OnnxTensors.read(file);
    assertEquals(tensor.shape(), back.shape());
    assertArrayEquals(tensor.toArray(), back.toArray());
  }
}
