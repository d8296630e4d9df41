package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/**
 * Residual networks for ImageNet, stride in the 3×3 (torchvision's v1.5); He et al.,
 * arXiv:1512.03385, table 1.
 */
final class ResNet {
  private static final Paper PAPER =
      new Paper(
          "He, Zhang, Ren & Sun",
          "Deep residual learning for image recognition",
          "arXiv:1512.03385",
          2015);

  private ResNet() {}

  static List<Architecture> all() {
    return List.of(resnet(18, 1, 2, 2, 2, 2), resnet(50, 4, 3, 4, 6, 3));
  }

  private static Architecture resnet(int layers, int expansion, int... depths) {
    return Architecture.of(
        "resnet" + layers,
        "ResNet-" + layers,
        "ResNet",
        PAPER,
        List.of(3L, 224L, 224L),
        1000,
        (x, classes) -> build(x, depths, expansion, classes));
  }

  private static Flow build(Flow x, int[] depths, int expansion, long classes) {
    x = x.named("conv1").conv2d(64, 7, c -> c.stride(2).padding(3).withoutBias());
    x = x.named("bn1").batchNorm().named("relu").relu();
    x = x.named("maxpool").maxPool2d(3, p -> p.stride(2).padding(1));
    for (int stage = 0; stage < depths.length; stage++) {
      for (int i = 0; i < depths[stage]; i++) {
        String name = "layer" + (stage + 1) + "." + i + ".";
        x = block(x, name, 64L << stage, i == 0 && stage > 0 ? 2 : 1, expansion);
      }
    }
    x = x.named("avgpool").globalAveragePool().named("flatten").flatten();
    return x.named("fc").dense(classes);
  }

  private static Flow block(Flow x, String name, long width, int stride, int expansion) {
    long out = width * expansion;
    Flow y;
    if (expansion > 1) {
      y = convBn(x, name + "conv1", name + "bn1", width, 1, 1).named(name + "relu1").relu();
      y = convBn(y, name + "conv2", name + "bn2", width, 3, stride).named(name + "relu2").relu();
      y = convBn(y, name + "conv3", name + "bn3", out, 1, 1);
    } else {
      y = convBn(x, name + "conv1", name + "bn1", width, 3, stride).named(name + "relu1").relu();
      y = convBn(y, name + "conv2", name + "bn2", out, 3, 1);
    }
    boolean same = stride == 1 && x.channels() == out;
    Flow shortcut =
        same ? x : convBn(x, name + "downsample.0", name + "downsample.1", out, 1, stride);
    return y.named(name + "add").add(shortcut).named(name + "relu").relu();
  }

  private static Flow convBn(Flow x, String conv, String bn, long filters, int kernel, int stride) {
    return x.named(conv)
        .conv2d(filters, kernel, c -> c.stride(stride).padding(kernel / 2).withoutBias())
        .named(bn)
        .batchNorm();
  }
}
