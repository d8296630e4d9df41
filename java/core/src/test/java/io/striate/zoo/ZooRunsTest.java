package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.nn.Flow;
import io.striate.nn.Initialization;
import io.striate.nn.Initializer;
import io.striate.nn.Model;
import io.striate.nn.Network;
import io.striate.tensor.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The classic networks answer as the oracle does. Images are small, and VGG ends before its
 * classifier of half a gigabyte, which is AlexNet's with other numbers.
 */
class ZooRunsTest {
  static final ZooOptions OPTIONS =
      ZooOptions.defaults()
          .withSeed(5)
          .withInitialization(Initialization.perturbed().withWeights(Initializer.heUniform()));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "perceptron",
        "mlp_squashing",
        "mlp_sigmoid",
        "mlp_relu",
        "neocognitron",
        "lecun1989",
        "lecun1990",
        "lenet5_1998",
        "lenet5",
        "digit_net",
        "fashion_cnn",
        "fashion_cnn_deep",
        "cifar10_convnetjs",
        "cnn_sentence"
      })
  void inTheirOwnSize(String name) {
    check(Zoo.of(name).build(OPTIONS), 2);
  }

  @ParameterizedTest
  @CsvSource({
    "nin_cifar10, 16, 20",
    "nin_imagenet, 64, 64",
    "alexnet_simplified, 67, 67",
    "alexnet_two_gpus, 67, 67",
    "alexnet, 64, 64",
    "zfnet, 64, 64",
    "zfnet_7x7, 64, 64"
  })
  void onSmallImages(String name, long height, long width) {
    check(Zoo.of(name).build(OPTIONS.withImage(height, width)), 1);
  }

  /** Those that have a kind of layer between them; ONNX Runtime checks all of them. */
  @ParameterizedTest
  @ValueSource(strings = {"vgg11_lrn", "vgg16_c_bn", "vgg16", "vgg19_bn"})
  void vggBeforeItsClassifier(String name) {
    check(Zoo.of(name).build(OPTIONS.withImage(32, 32)).outputsAt("avgpool"), 1);
  }

  /** The part of FCN that VGG does not have, on poolings of the same sizes with few channels. */
  @ParameterizedTest
  @CsvSource({"32, 33, 47", "16, 33, 47", "8, 33, 47", "8, 1, 1", "8, 70, 20"})
  void fcnBehindVgg(int stride, long height, long width) {
    Network network = Network.named("fcn").initialization(Initialization.perturbed());
    Flow image = network.input(3, height, width);
    Flow[] pools = new Flow[5];
    Flow x = image.conv2d(4, 3, c -> c.padding(100));
    for (int i = 0; i < pools.length; i++) {
      x = x.maxPool2d(2, p -> p.ceilMode());
      pools[i] = x;
    }
    Flow score = x.conv2d(5, 7);
    Model model = Fcn.head(score, pools[3], pools[2], stride, image).build();
    assertEquals(Shape.of(1, 5, height, width), model.graph().outputs().get(0).shape());
    check(model, 1);
  }

  static void check(Model model, int batch) {
    Options options = Options.defaults().batch(batch).threads(1);
    float[] expected = run(model, options.strategy("scalar").optimize(false));
    float[] actual = run(model, options.threads(2));
    assertEquals(expected.length, actual.length);
    double largest = 0;
    for (float v : expected) {
      assertTrue(Float.isFinite(v), model.name() + " gives " + v);
      largest = Math.max(largest, Math.abs(v));
    }
    assertTrue(largest > 0, model.name() + " gives zeros only");
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], 5e-5 * largest, model.name() + " at " + i);
    }
  }

  private static float[] run(Model model, Options options) {
    try (CompiledModel compiled = model.compile(options);
        Execution run = compiled.newExecution()) {
      SplittableRandom random = new SplittableRandom(11);
      float[] x = new float[(int) run.input().shape().elements()];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextDouble(-1, 1);
      }
      run.input().copyFrom(x);
      run.run();
      return run.output().toArray();
    }
  }
}
