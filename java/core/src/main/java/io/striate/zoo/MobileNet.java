package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/**
 * MobileNet v2: inverted residuals over depthwise convolutions; Sandler et al., arXiv:1801.04381,
 * table 2.
 */
final class MobileNet {
  private static final Paper PAPER =
      new Paper(
          "Sandler, Howard, Zhu, Zhmoginov & Chen",
          "MobileNetV2: inverted residuals and linear bottlenecks",
          "arXiv:1801.04381",
          2018);

  private MobileNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "mobilenet_v2",
            "MobileNet v2",
            "MobileNet",
            PAPER,
            List.of(3L, 224L, 224L),
            1000,
            MobileNet::v2));
  }

  private static Flow v2(Flow x, long classes) {
    x = convBn(x, "features.0.0", "features.0.1", 32, 3, 2, 1).named("features.0.2").relu6();
    int[][] stages = {
      {1, 16, 1, 1},
      {6, 24, 2, 2},
      {6, 32, 3, 2},
      {6, 64, 4, 2},
      {6, 96, 3, 1},
      {6, 160, 3, 2},
      {6, 320, 1, 1}
    };
    int number = 1;
    for (int[] s : stages) {
      for (int i = 0; i < s[2]; i++) {
        x = block(x, "features." + number++, s[0], s[1], i == 0 ? s[3] : 1);
      }
    }
    x = convBn(x, "features.18.0", "features.18.1", 1280, 1, 1, 1).named("features.18.2").relu6();
    x = x.named("avgpool").globalAveragePool().named("flatten").flatten();
    return x.named("classifier.0").dropout(0.2f).named("classifier.1").dense(classes);
  }

  private static Flow block(Flow x, String name, int expand, long out, int stride) {
    long in = x.channels();
    long wide = in * expand;
    int index = 0;
    Flow y = x;
    if (expand > 1) {
      y = unit(y, name + ".conv." + index++, wide, 1, 1, 1);
    }
    y = unit(y, name + ".conv." + index++, wide, 3, stride, Math.toIntExact(wide));
    String conv = name + ".conv." + index;
    y = convBn(y, conv, name + ".conv." + (index + 1), out, 1, 1, 1);
    return stride == 1 && in == out ? x.named(name).add(y) : y;
  }

  private static Flow unit(Flow x, String name, long filters, int kernel, int stride, int groups) {
    return convBn(x, name + ".0", name + ".1", filters, kernel, stride, groups)
        .named(name + ".2")
        .relu6();
  }

  private static Flow convBn(
      Flow x, String conv, String bn, long filters, int kernel, int stride, int groups) {
    return x.named(conv)
        .conv2d(
            filters, kernel, c -> c.stride(stride).padding(kernel / 2).groups(groups).withoutBias())
        .named(bn)
        .batchNorm();
  }
}
