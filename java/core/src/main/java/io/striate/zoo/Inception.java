package io.striate.zoo;

import io.striate.nn.Flow;
import io.striate.zoo.Units.Slide;
import java.util.ArrayList;
import java.util.List;

/**
 * Inception-v3; Szegedy et al., arXiv:1512.00567, table 1, as torchvision and TensorFlow have it:
 * 27,161,264 parameters with the auxiliary head, 23,834,568 without. Published weights want pixels
 * of -1 to 1, (x/255 - 0.5) / 0.5: torchvision's {@code transform_input} is not part of the
 * network.
 */
final class Inception {
  private static final Paper PAPER =
      new Paper(
          "Szegedy, Vanhoucke, Ioffe, Shlens & Wojna",
          "Rethinking the inception architecture for computer vision",
          "arXiv:1512.00567",
          2015);

  private Inception() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.withHeads(
                "inception_v3",
                "Inception-v3",
                "Inception",
                PAPER,
                List.of(3L, 299L, 299L),
                Units.IMAGENET,
                Inception::build)
            .with(PublishedWeights.withHeads("AuxLogits.")));
  }

  private static List<Flow> build(Flow x, ZooOptions options) {
    long classes = options.classes().orElse(Units.IMAGENET);
    List<Flow> outputs = new ArrayList<>();
    x = stem(x);
    x = moduleA(x, "Mixed_5b", 32);
    x = moduleA(x, "Mixed_5c", 64);
    x = moduleA(x, "Mixed_5d", 64);
    x = moduleB(x, "Mixed_6a");
    x = moduleC(x, "Mixed_6b", 128);
    x = moduleC(x, "Mixed_6c", 160);
    x = moduleC(x, "Mixed_6d", 160);
    x = moduleC(x, "Mixed_6e", 192);
    if (options.auxiliaryHeads()) {
      outputs.add(head(x, "AuxLogits", classes));
    }
    x = moduleD(x, "Mixed_7a");
    x = moduleE(moduleE(x, "Mixed_7b"), "Mixed_7c");
    x = x.named("avgpool").globalAveragePool().named("dropout").dropout(0.5f);
    outputs.add(0, x.named("flatten").flatten().named("fc").dense(classes));
    return outputs;
  }

  private static Flow stem(Flow x) {
    x = Units.unit(x, "Conv2d_1a_3x3", 32, 3, Slide.HALF);
    x = Units.unit(x, "Conv2d_2a_3x3", 32, 3, Slide.VALID);
    x = pool(Units.unit(x, "Conv2d_2b_3x3", 64, 3), "maxpool1");
    x = Units.unit(x, "Conv2d_3b_1x1", 80, 1);
    return pool(Units.unit(x, "Conv2d_4a_3x3", 192, 3, Slide.VALID), "maxpool2");
  }

  private static Flow pool(Flow x, String name) {
    return x.named(name).maxPool2d(3, p -> p.stride(2));
  }

  /** Means over 3×3 windows that count padding, then 1×1. */
  private static Flow pooled(Flow x, String name, long filters) {
    x = x.named(name + ".avg_pool2d").averagePool2d(3, p -> p.stride(1).padding(1).countPadding());
    return Units.unit(x, name + ".branch_pool", filters, 1);
  }

  /** Figure 5: 35×35 positions; the 5×5 as two 3×3. */
  private static Flow moduleA(Flow x, String name, long pooled) {
    Flow one = Units.unit(x, name + ".branch1x1", 64, 1);
    Flow five = Units.unit(x, name + ".branch5x5_1", 48, 1);
    five = Units.unit(five, name + ".branch5x5_2", 64, 5);
    Flow three = Units.unit(x, name + ".branch3x3dbl_1", 64, 1);
    three = Units.unit(three, name + ".branch3x3dbl_2", 96, 3);
    three = Units.unit(three, name + ".branch3x3dbl_3", 96, 3);
    return one.named(name + ".cat").concat(five, three, pooled(x, name, pooled));
  }

  /** Figure 10: from 35×35 to 17×17 positions. */
  private static Flow moduleB(Flow x, String name) {
    Flow three = Units.unit(x, name + ".branch3x3", 384, 3, Slide.HALF);
    Flow twice = Units.unit(x, name + ".branch3x3dbl_1", 64, 1);
    twice = Units.unit(twice, name + ".branch3x3dbl_2", 96, 3);
    twice = Units.unit(twice, name + ".branch3x3dbl_3", 96, 3, Slide.HALF);
    return three.named(name + ".cat").concat(twice, pool(x, name + ".max_pool2d"));
  }

  /** Figure 6 with n = 7: 17×17 positions, 7×7 as 1×7 and 7×1. */
  private static Flow moduleC(Flow x, String name, long width) {
    Flow one = Units.unit(x, name + ".branch1x1", 192, 1);
    Flow seven = Units.unit(x, name + ".branch7x7_1", width, 1);
    seven = Units.unit(seven, name + ".branch7x7_2", width, 1, 7);
    seven = Units.unit(seven, name + ".branch7x7_3", 192, 7, 1);
    Flow twice = Units.unit(x, name + ".branch7x7dbl_1", width, 1);
    twice = Units.unit(twice, name + ".branch7x7dbl_2", width, 7, 1);
    twice = Units.unit(twice, name + ".branch7x7dbl_3", width, 1, 7);
    twice = Units.unit(twice, name + ".branch7x7dbl_4", width, 7, 1);
    twice = Units.unit(twice, name + ".branch7x7dbl_5", 192, 1, 7);
    return one.named(name + ".cat").concat(seven, twice, pooled(x, name, 192));
  }

  /** From 17×17 to 8×8 positions. */
  private static Flow moduleD(Flow x, String name) {
    Flow three = Units.unit(x, name + ".branch3x3_1", 192, 1);
    three = Units.unit(three, name + ".branch3x3_2", 320, 3, Slide.HALF);
    Flow seven = Units.unit(x, name + ".branch7x7x3_1", 192, 1);
    seven = Units.unit(seven, name + ".branch7x7x3_2", 192, 1, 7);
    seven = Units.unit(seven, name + ".branch7x7x3_3", 192, 7, 1);
    seven = Units.unit(seven, name + ".branch7x7x3_4", 192, 3, Slide.HALF);
    return three.named(name + ".cat").concat(seven, pool(x, name + ".max_pool2d"));
  }

  /** Figure 7: 8×8 positions, the branches widen at their end. */
  private static Flow moduleE(Flow x, String name) {
    Flow one = Units.unit(x, name + ".branch1x1", 320, 1);
    Flow three = Units.unit(x, name + ".branch3x3_1", 384, 1);
    three =
        Units.unit(three, name + ".branch3x3_2a", 384, 1, 3)
            .named(name + ".cat")
            .concat(Units.unit(three, name + ".branch3x3_2b", 384, 3, 1));
    Flow twice = Units.unit(x, name + ".branch3x3dbl_1", 448, 1);
    twice = Units.unit(twice, name + ".branch3x3dbl_2", 384, 3);
    twice =
        Units.unit(twice, name + ".branch3x3dbl_3a", 384, 1, 3)
            .named(name + ".cat_1")
            .concat(Units.unit(twice, name + ".branch3x3dbl_3b", 384, 3, 1));
    return one.named(name + ".cat_2").concat(three, twice, pooled(x, name, 192));
  }

  private static Flow head(Flow x, String name, long classes) {
    x = x.named(name + ".avg_pool2d").averagePool2d(5, p -> p.stride(3));
    x = Units.unit(x, name + ".conv0", 128, 1);
    x = Units.unit(x, name + ".conv1", 768, 5, Slide.VALID);
    x = x.named(name + ".adaptive_avg_pool2d").globalAveragePool();
    return x.named(name + ".flatten").flatten().named(name + ".fc").dense(classes);
  }
}
