package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.exec.Options;
import io.striate.nn.Flow;
import io.striate.nn.Initialization;
import io.striate.nn.Model;
import io.striate.nn.Network;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks of many blocks answer as the oracle does, on small images; blocks do what they say. */
@Tag("thorough")
class DeepNetsRunTest {

  @ParameterizedTest
  @CsvSource({
    "googlenet_paper, 64",
    "googlenet, 64",
    "inception_v3, 75",
    "inception_v4, 75",
    "resnet18, 32",
    "resnet50, 32",
    "resnet50_original, 32",
    "plain18, 32",
    "resnet20, 32",
    "resnet20_b, 32",
    "plain20, 32",
    "se_resnet50, 32",
    "se_inception, 64",
    "squeezenet1.0, 64",
    "squeezenet1.1, 64",
    "densenet121, 32",
    "mobilenet_v1, 32",
    "mobilenet_v2, 32",
    "efficientnet_b0, 32",
  })
  void answersAsTheOracleDoes(String name, long side) {
    ZooRunsTest.check(Zoo.of(name).build(ZooRunsTest.OPTIONS.withImage(side, side)), 1);
  }

  /** Hu et al., equations 2 to 4. */
  @Test
  void squeezeAndExcitation() {
    Flow image =
        Network.named("se").seed(3).initialization(Initialization.perturbed()).input(32, 2, 3);
    Model model = SqueezeExcitation.sixteenth(image, "block").build();
    Map<String, Tensor> weights = model.weights();
    float[] w1 = weights.get("block.se.fc1.weight").toArray();
    float[] b1 = weights.get("block.se.fc1.bias").toArray();
    float[] w2 = weights.get("block.se.fc2.weight").toArray();
    float[] b2 = weights.get("block.se.fc2.bias").toArray();
    assertEquals(32 / 16, b1.length);
    float[] x = ramp(32 * 6);
    double[] hidden = new double[2];
    for (int j = 0; j < 2; j++) {
      double sum = b1[j];
      for (int c = 0; c < 32; c++) {
        double mean = 0;
        for (int p = 0; p < 6; p++) {
          mean += x[c * 6 + p] / 6.0;
        }
        sum += w1[j * 32 + c] * mean;
      }
      hidden[j] = Math.max(sum, 0);
    }
    float[] expected = new float[x.length];
    for (int c = 0; c < 32; c++) {
      double s = 1 / (1 + Math.exp(-(w2[c * 2] * hidden[0] + w2[c * 2 + 1] * hidden[1] + b2[c])));
      for (int p = 0; p < 6; p++) {
        expected[c * 6 + p] = (float) (s * x[c * 6 + p]);
      }
    }
    assertArrayEquals(expected, answer(model, Shape.of(1, 32, 2, 3), x), 1e-6f);
  }

  /** Every second row and column, between channels of zeros: He et al., section 3.3, option A. */
  @Test
  void shortcutOfOptionA() {
    Model net = Zoo.of("resnet20").build(ZooRunsTest.OPTIONS.withImage(6, 8));
    Shape image = Shape.of(1, 3, 6, 8);
    float[] from = answer(net.outputsAt("layer1.2.relu_1"), image, ramp(3 * 48));
    float[] to = answer(net.outputsAt("layer2.0.shortcut.pad"), image, ramp(3 * 48));
    float[] expected = new float[32 * 3 * 4];
    for (int c = 0; c < 16; c++) {
      for (int i = 0; i < 12; i++) {
        expected[(c + 8) * 12 + i] = from[c * 48 + i / 4 * 2 * 8 + i % 4 * 2];
      }
    }
    assertArrayEquals(expected, to);
  }

  /** Heads are further outputs: the answer is the same with them and without. */
  @Test
  void auxiliaryHeadsLeaveTheAnswerAlone() {
    for (String name : List.of("googlenet", "googlenet_paper", "inception_v3")) {
      long side = name.equals("inception_v3") ? 299 : 96;
      ZooOptions options = ZooRunsTest.OPTIONS.withClasses(5).withImage(side, side);
      Model without = Zoo.of(name).build(options);
      Model with = Zoo.of(name).build(options.withAuxiliaryHeads(true));
      int outputs = with.graph().outputs().size();
      assertEquals(name.equals("inception_v3") ? 2 : 3, outputs);
      with.graph().outputs().forEach(v -> assertEquals(Shape.of(1, 5), v.shape()));
      Shape image = Shape.of(1, 3, side, side);
      float[] x = ramp((int) image.elements());
      assertArrayEquals(answer(without, image, x), answer(with, image, x), name);
      assertEquals(5, Arrays.stream(answers(without, image, x)).distinct().count());
    }
  }

  private static double[] answers(Model model, Shape shape, float[] x) {
    float[] y = answer(model, shape, x);
    double[] out = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      out[i] = y[i];
    }
    return out;
  }

  private static float[] answer(Model model, Shape shape, float[] x) {
    return LayerOutputs.answer(model, Tensor.of(shape, x), Options.defaults().threads(1));
  }

  private static float[] ramp(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (i % 11) / 5f - 1;
    }
    return values;
  }
}
