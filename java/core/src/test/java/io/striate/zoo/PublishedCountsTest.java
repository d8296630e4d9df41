package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.graph.Constant.Role;
import io.striate.nn.Model;
import io.striate.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Totals as others publish them. */
class PublishedCountsTest {

  /** Parameters and "GFLOPS" (billions of multiply-adds) of torchvision's table of models. */
  @ParameterizedTest
  @CsvSource({
    "alexnet, 61100840, 0.71",
    "densenet121, 7978856, 2.83",
    "efficientnet_b0, 5288548, 0.39",
    "googlenet, 6624904, 1.50",
    "mobilenet_v2, 3504872, 0.30",
    "resnet18, 11689512, 1.81",
    "resnet34, 21797672, 3.66",
    "resnet50, 25557032, 4.09",
    "resnet101, 44549160, 7.80",
    "resnet152, 60192808, 11.51",
    "squeezenet1.0, 1248424, 0.82",
    "squeezenet1.1, 1235496, 0.35",
    "vgg16, 138357544, 15.47",
  })
  void torchvision(String name, long parameters, double gigaMacs) {
    counts(name, parameters, gigaMacs * 1e9, 0.005e9);
  }

  /** Inception-v3's parameters are those with the auxiliary head, its GFLOPS those without. */
  @Test
  void inceptionV3() {
    counts("inception_v3", 23834568, 5.71e9, 0.005e9);
    assertEquals(27161264, withHeads("inception_v3"));
  }

  /**
   * Multiply-adds of the papers (He et al. table 1, Howard et al. table 8), which they round, and
   * parameters of published weights: Caffe's and Keras's, timm's and akamaster's.
   */
  @ParameterizedTest
  @CsvSource({
    "resnet50_original, 25557032, 3.8e9",
    "resnet101_original, 44549160, 7.6e9",
    "resnet152_original, 60192808, 11.3e9",
    "plain34, 21623848, 3.6e9",
    "mobilenet_v1, 4231976, 569e6",
    "se_resnet50, 28088024, 4.1e9",
    "inception_v4, 42679816, 12.3e9",
    "googlenet_paper, 6998552, 1.6e9",
    "resnet20, 269722, 40.55e6",
    "resnet32, 464154, 68.86e6",
    "resnet44, 658586, 97.17e6",
    "resnet56, 853018, 125.49e6",
    "resnet110, 1727962, 252.89e6",
  })
  void papersAndPublishedWeights(String name, long parameters, double macs) {
    counts(name, parameters, macs, 0.025 * macs);
  }

  private static void counts(String name, long parameters, double macs, double tolerance) {
    Model model = Zoo.of(name).build();
    assertEquals(parameters, model.graph().parameterCount());
    assertEquals(macs, (double) model.summary().macs(), tolerance);
  }

  private static long withHeads(String name) {
    return Zoo.of(name)
        .build(ZooOptions.defaults().withAuxiliaryHeads(true))
        .graph()
        .parameterCount();
  }

  /** Lectures give GoogLeNet "4 M" and "only 5 million" parameters; it has neither. */
  @Test
  void googlenetHasSevenMillionsAndThirteenWithItsHeads() {
    assertEquals(13_378_280, withHeads("googlenet_paper"));
    assertEquals(13_004_888, withHeads("googlenet"));
    Model paper = Zoo.of("googlenet_paper").build();
    long classifier = paper.summary().row("loss3.classifier").parameters();
    assertEquals(1_025_000, classifier);
    assertEquals(5_973_552, paper.graph().parameterCount() - classifier);
  }

  /**
   * Option A has no parameters, so that the residual network has exactly those of the plain one.
   */
  @Test
  void shortcutsOfOptionAAreFree() {
    for (String layers : new String[] {"20", "32", "44", "56", "110"}) {
      Model plain = Zoo.of("plain" + layers).build();
      Model a = Zoo.of("resnet" + layers).build();
      Model b = Zoo.of("resnet" + layers + "_b").build();
      assertEquals(plain.graph().parameterCount(), a.graph().parameterCount());
      assertEquals(plain.summary().macs(), a.summary().macs());
      // 1x1 projections 16 to 32 and 32 to 64, each with scale and shift.
      assertEquals(
          16 * 32 + 2 * 32 + 32 * 64 + 2 * 64,
          b.graph().parameterCount() - a.graph().parameterCount());
    }
  }

  /** Hu et al. section 4: 2/16 of the sum of squared channels; and the biases that all build. */
  @Test
  void squeezeAndExcitationAddsTwoSmallLayersPerBlock() {
    long weights = 0;
    long biases = 0;
    int[][] stages = {{256, 3}, {512, 4}, {1024, 6}, {2048, 3}};
    for (int[] s : stages) {
      weights += 2L * s[0] * s[0] / 16 * s[1];
      biases += (long) (s[0] + s[0] / 16) * s[1];
    }
    assertEquals(2_514_944, weights);
    long without = Zoo.of("resnet50").build().graph().parameterCount();
    long with = Zoo.of("se_resnet50").build().graph().parameterCount();
    assertEquals(weights + biases, with - without);
  }

  @Test
  void lenetOfCaffe() {
    Model model = Zoo.of("lenet_caffe").build();
    assertEquals(Shape.of(1, 20, 12, 12), model.summary().row("pool1").output());
    assertEquals(Shape.of(1, 50, 4, 4), model.summary().row("pool2").output());
    assertEquals(520, model.summary().row("conv1").parameters());
    assertEquals(25_050, model.summary().row("conv2").parameters());
    assertEquals(400_500, model.summary().row("ip1").parameters());
    assertEquals(5_010, model.summary().row("ip2").parameters());
    assertEquals(431_080, model.graph().parameterCount());
    assertEquals(288_000 + 1_600_000 + 400_000 + 5_000, model.summary().macs());
  }

  @Test
  void runningStatisticsAreNotParameters() {
    assertEquals(53_120, Zoo.of("resnet50").build().graph().elements(Role.STATE));
  }
}
