package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/**
 * EfficientNet-B0; Tan &amp; Le, arXiv:1905.11946, table 1. Batch normalisation's epsilon is
 * torchvision's 1e-5 (TensorFlow has 1e-3); stochastic depth, which drops branches in training, is
 * not part of it.
 */
final class EfficientNet {
  private static final Paper PAPER =
      new Paper(
          "Tan & Le",
          "EfficientNet: rethinking model scaling for convolutional neural networks",
          "arXiv:1905.11946",
          2019);

  /** Expansion, kernel, stride of the first, filters, repetitions. */
  private static final int[][] STAGES = {
    {1, 3, 1, 16, 1},
    {6, 3, 2, 24, 2},
    {6, 5, 2, 40, 2},
    {6, 3, 2, 80, 3},
    {6, 5, 1, 112, 3},
    {6, 5, 2, 192, 4},
    {6, 3, 1, 320, 1}
  };

  private EfficientNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "efficientnet_b0",
            "EfficientNet-B0",
            "EfficientNet",
            PAPER,
            Units.IMAGE_224,
            Units.IMAGENET,
            EfficientNet::b0));
  }

  private static Flow b0(Flow x, long classes) {
    x = expand(x, "features.0", 32, 3, 2);
    for (int stage = 0; stage < STAGES.length; stage++) {
      int[] s = STAGES[stage];
      for (int i = 0; i < s[4]; i++) {
        String name = "features." + (stage + 1) + "." + i;
        x = block(x, name, s[0], s[1], i == 0 ? s[2] : 1, s[3]);
      }
    }
    x = Units.pooled(expand(x, "features.8", 1280, 1, 1), "avgpool");
    return x.named("classifier.0").dropout(0.2f).named("classifier.1").dense(classes);
  }

  /** An inverted residual with squeeze and excitation to a quarter of the block's input. */
  private static Flow block(
      Flow x, String name, int expansion, int kernel, int stride, long filters) {
    long in = x.channels();
    String unit = name + ".block.";
    int index = 0;
    Flow y = x;
    if (expansion > 1) {
      y = expand(y, unit + index++, in * expansion, 1, 1);
    }
    String depthwise = unit + index++;
    y = MobileNet.depthwise(y, depthwise + ".0", depthwise + ".1", kernel, stride);
    y = y.named(depthwise + ".2").silu();
    y = SqueezeExcitation.block(y, unit + index++, in / 4, Flow::silu);
    y = Units.convBn(y, unit + index + ".0", unit + index + ".1", filters, 1, 1);
    return stride == 1 && in == filters ? y.named(name + ".add").add(x) : y;
  }

  private static Flow expand(Flow x, String name, long filters, int kernel, int stride) {
    x = Units.convBn(x, name + ".0", name + ".1", filters, kernel, stride);
    return x.named(name + ".2").silu();
  }
}
