package io.striate.zoo;

import io.striate.nn.Flow;
import io.striate.zoo.Units.Slide;
import java.util.List;

/**
 * Inception-v4; Szegedy et al., arXiv:1602.07261, figures 3 to 9: 42,679,816 parameters. Layer
 * names are those of the published PyTorch weights (Cadene's pretrained-models, timm).
 */
final class InceptionV4 {
  private static final Paper PAPER =
      new Paper(
          "Szegedy, Ioffe, Vanhoucke & Alemi",
          "Inception-v4, Inception-ResNet and the impact of residual connections on learning",
          "arXiv:1602.07261",
          2016);

  private InceptionV4() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "inception_v4",
            "Inception-v4",
            "Inception",
            PAPER,
            List.of(3L, 299L, 299L),
            Units.IMAGENET,
            InceptionV4::build));
  }

  private static Flow build(Flow x, long classes) {
    x = stem(x);
    for (int i = 6; i <= 9; i++) {
      x = moduleA(x, "features." + i);
    }
    x = reductionA(x, "features.10");
    for (int i = 11; i <= 17; i++) {
      x = moduleB(x, "features." + i);
    }
    x = reductionB(x, "features.18");
    for (int i = 19; i <= 21; i++) {
      x = moduleC(x, "features." + i);
    }
    x = Units.pooled(x, "avgpool").named("dropout").dropout(0.2f);
    return x.named("last_linear").dense(classes);
  }

  /** Figure 3: from 299×299 to 35×35 positions. */
  private static Flow stem(Flow x) {
    x = Units.unit(x, "features.0", 32, 3, Slide.HALF);
    x = Units.unit(x, "features.1", 32, 3, Slide.VALID);
    x = Units.unit(x, "features.2", 64, 3);
    Flow conv = Units.unit(x, "features.3.conv", 96, 3, Slide.HALF);
    x = pool(x, "features.3.maxpool").named("features.3.cat").concat(conv);
    Flow left = Units.unit(x, "features.4.branch0.0", 64, 1);
    left = Units.unit(left, "features.4.branch0.1", 96, 3, Slide.VALID);
    Flow right = Units.unit(x, "features.4.branch1.0", 64, 1);
    right = Units.unit(right, "features.4.branch1.1", 64, 1, 7);
    right = Units.unit(right, "features.4.branch1.2", 64, 7, 1);
    right = Units.unit(right, "features.4.branch1.3", 96, 3, Slide.VALID);
    x = left.named("features.4.cat").concat(right);
    conv = Units.unit(x, "features.5.conv", 192, 3, Slide.HALF);
    return conv.named("features.5.cat").concat(pool(x, "features.5.maxpool"));
  }

  private static Flow pool(Flow x, String name) {
    return x.named(name).maxPool2d(3, p -> p.stride(2));
  }

  /** Means over 3×3 windows, padding not counted, then 1×1. */
  private static Flow pooled(Flow x, String branch, String conv, long filters) {
    x = x.named(branch).averagePool2d(3, p -> p.stride(1).padding(1));
    return Units.unit(x, conv, filters, 1);
  }

  /** Figure 4: 35×35 positions. */
  private static Flow moduleA(Flow x, String name) {
    Flow one = Units.unit(x, name + ".branch0", 96, 1);
    Flow three = Units.unit(x, name + ".branch1.0", 64, 1);
    three = Units.unit(three, name + ".branch1.1", 96, 3);
    Flow twice = Units.unit(x, name + ".branch2.0", 64, 1);
    twice = Units.unit(twice, name + ".branch2.1", 96, 3);
    twice = Units.unit(twice, name + ".branch2.2", 96, 3);
    Flow pooled = pooled(x, name + ".branch3.0", name + ".branch3.1", 96);
    return one.named(name + ".cat").concat(three, twice, pooled);
  }

  /** Figure 7 with k, l, m, n = 192, 224, 256, 384: from 35×35 to 17×17 positions. */
  private static Flow reductionA(Flow x, String name) {
    Flow three = Units.unit(x, name + ".branch0", 384, 3, Slide.HALF);
    Flow twice = Units.unit(x, name + ".branch1.0", 192, 1);
    twice = Units.unit(twice, name + ".branch1.1", 224, 3);
    twice = Units.unit(twice, name + ".branch1.2", 256, 3, Slide.HALF);
    return three.named(name + ".cat").concat(twice, pool(x, name + ".branch2"));
  }

  /** Figure 5: 17×17 positions. */
  private static Flow moduleB(Flow x, String name) {
    Flow one = Units.unit(x, name + ".branch0", 384, 1);
    Flow seven = Units.unit(x, name + ".branch1.0", 192, 1);
    seven = Units.unit(seven, name + ".branch1.1", 224, 1, 7);
    seven = Units.unit(seven, name + ".branch1.2", 256, 7, 1);
    Flow twice = Units.unit(x, name + ".branch2.0", 192, 1);
    twice = Units.unit(twice, name + ".branch2.1", 192, 7, 1);
    twice = Units.unit(twice, name + ".branch2.2", 224, 1, 7);
    twice = Units.unit(twice, name + ".branch2.3", 224, 7, 1);
    twice = Units.unit(twice, name + ".branch2.4", 256, 1, 7);
    Flow pooled = pooled(x, name + ".branch3.0", name + ".branch3.1", 128);
    return one.named(name + ".cat").concat(seven, twice, pooled);
  }

  /** Figure 8: from 17×17 to 8×8 positions. */
  private static Flow reductionB(Flow x, String name) {
    Flow three = Units.unit(x, name + ".branch0.0", 192, 1);
    three = Units.unit(three, name + ".branch0.1", 192, 3, Slide.HALF);
    Flow seven = Units.unit(x, name + ".branch1.0", 256, 1);
    seven = Units.unit(seven, name + ".branch1.1", 256, 1, 7);
    seven = Units.unit(seven, name + ".branch1.2", 320, 7, 1);
    seven = Units.unit(seven, name + ".branch1.3", 320, 3, Slide.HALF);
    return three.named(name + ".cat").concat(seven, pool(x, name + ".branch2"));
  }

  /** Figure 6: 8×8 positions, the branches widen at their end. */
  private static Flow moduleC(Flow x, String name) {
    Flow one = Units.unit(x, name + ".branch0", 256, 1);
    Flow three = Units.unit(x, name + ".branch1_0", 384, 1);
    three =
        Units.unit(three, name + ".branch1_1a", 256, 1, 3)
            .named(name + ".cat")
            .concat(Units.unit(three, name + ".branch1_1b", 256, 3, 1));
    Flow twice = Units.unit(x, name + ".branch2_0", 384, 1);
    twice = Units.unit(twice, name + ".branch2_1", 448, 3, 1);
    twice = Units.unit(twice, name + ".branch2_2", 512, 1, 3);
    twice =
        Units.unit(twice, name + ".branch2_3a", 256, 1, 3)
            .named(name + ".cat_1")
            .concat(Units.unit(twice, name + ".branch2_3b", 256, 3, 1));
    Flow pooled = pooled(x, name + ".branch3.0", name + ".branch3.1", 256);
    return one.named(name + ".cat_2").concat(three, twice, pooled);
  }
}
