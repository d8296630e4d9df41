package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/** MobileNet v1 and v2: networks over depthwise convolutions. */
final class MobileNet {
  private static final Paper V1 =
      new Paper(
          "Howard et al.",
          "MobileNets: efficient convolutional neural networks for mobile vision applications",
          "arXiv:1704.04861",
          2017);

  private static final Paper V2 =
      new Paper(
          "Sandler, Howard, Zhu, Zhmoginov & Chen",
          "MobileNetV2: inverted residuals and linear bottlenecks",
          "arXiv:1801.04381",
          2018);

  /** Filters and stride of the separable convolutions; v1, table 1. */
  private static final int[][] SEPARABLE = {
    {64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1},
    {512, 1}, {512, 1}, {1024, 2}, {1024, 1}
  };

  /** Expansion, filters, repetitions, stride; v2, table 2. */
  private static final int[][] BOTTLENECKS = {
    {1, 16, 1, 1},
    {6, 24, 2, 2},
    {6, 32, 3, 2},
    {6, 64, 4, 2},
    {6, 96, 3, 1},
    {6, 160, 3, 2},
    {6, 320, 1, 1}
  };

  private MobileNet() {}

  static List<Architecture> all() {
    return List.of(
        mobilenet("mobilenet_v1", "MobileNet v1", V1, MobileNet::v1),
        mobilenet("mobilenet_v2", "MobileNet v2", V2, MobileNet::v2));
  }

  private static Architecture mobilenet(
      String name, String title, Paper paper, Architecture.Chain chain) {
    return Architecture.of(name, title, "MobileNet", paper, Units.IMAGE_224, 1000, chain);
  }

  /** v1: depthwise 3×3, 1×1, each with batch normalisation and ReLU. */
  private static Flow v1(Flow x, long classes) {
    x = Units.convBn(x, "conv1", "bn1", 32, 3, 2).named("relu").relu();
    for (int i = 0; i < SEPARABLE.length; i++) {
      String name = "block" + (i + 1) + ".";
      x = depthwise(x, name + "depthwise", name + "bn1", 3, SEPARABLE[i][1]);
      x = x.named(name + "relu").relu();
      x = Units.convBn(x, name + "pointwise", name + "bn2", SEPARABLE[i][0], 1, 1);
      x = x.named(name + "relu_1").relu();
    }
    return Units.pooled(x, "avgpool").named("fc").dense(classes);
  }

  /** v2: inverted residuals with linear bottlenecks. */
  private static Flow v2(Flow x, long classes) {
    x = expand(x, "features.0", 32, 3, 2);
    int number = 1;
    for (int[] s : BOTTLENECKS) {
      for (int i = 0; i < s[2]; i++) {
        x = block(x, "features." + number++, s[0], s[1], i == 0 ? s[3] : 1);
      }
    }
    x = Units.pooled(expand(x, "features.18", 1280, 1, 1), "adaptive_avg_pool2d");
    return x.named("classifier.0").dropout(0.2f).named("classifier.1").dense(classes);
  }

  private static Flow block(Flow x, String name, int expansion, long out, int stride) {
    long in = x.channels();
    int index = 0;
    Flow y = x;
    if (expansion > 1) {
      y = expand(y, name + ".conv." + index++, in * expansion, 1, 1);
    }
    String unit = name + ".conv." + index++;
    y = depthwise(y, unit + ".0", unit + ".1", 3, stride).named(unit + ".2").relu6();
    y = Units.convBn(y, name + ".conv." + index, name + ".conv." + (index + 1), out, 1, 1);
    return stride == 1 && in == out ? x.named(name + ".add").add(y) : y;
  }

  private static Flow expand(Flow x, String name, long filters, int kernel, int stride) {
    x = Units.convBn(x, name + ".0", name + ".1", filters, kernel, stride);
    return x.named(name + ".2").relu6();
  }

  /** A convolution of each channel on its own, then a batch normalisation. */
  static Flow depthwise(Flow x, String conv, String bn, int kernel, int stride) {
    return x.named(conv)
        .depthwiseConv2d(kernel, 1, c -> c.stride(stride).padding(kernel / 2).withoutBias())
        .named(bn)
        .batchNorm();
  }
}
