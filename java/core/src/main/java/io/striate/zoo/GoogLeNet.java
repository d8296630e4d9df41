package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/** GoogLeNet, Inception v1; Szegedy et al., arXiv:1409.4842, table 1. */
final class GoogLeNet {
  private static final Paper PAPER =
      new Paper("Szegedy et al.", "Going deeper with convolutions", "arXiv:1409.4842", 2014);

  private GoogLeNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "googlenet",
            "GoogLeNet",
            "Inception",
            PAPER,
            List.of(3L, 224L, 224L),
            1000,
            GoogLeNet::build));
  }

  private static Flow build(Flow x, long classes) {
    x = x.named("conv1").conv2d(64, 7, c -> c.stride(2).padding(3)).named("conv1.relu").relu();
    x = pool(x, "pool1").named("norm1").lrn(5, 1e-4f, 0.75f, 1);
    x = convRelu(convRelu(x, "conv2.reduce", 64, 1), "conv2", 192, 3);
    x = pool(x.named("norm2").lrn(5, 1e-4f, 0.75f, 1), "pool2");
    x = inception(x, "3a", 64, 96, 128, 16, 32, 32);
    x = pool(inception(x, "3b", 128, 128, 192, 32, 96, 64), "pool3");
    x = inception(x, "4a", 192, 96, 208, 16, 48, 64);
    x = inception(x, "4b", 160, 112, 224, 24, 64, 64);
    x = inception(x, "4c", 128, 128, 256, 24, 64, 64);
    x = inception(x, "4d", 112, 144, 288, 32, 64, 64);
    x = pool(inception(x, "4e", 256, 160, 320, 32, 128, 128), "pool4");
    x = inception(x, "5a", 256, 160, 320, 32, 128, 128);
    x = inception(x, "5b", 384, 192, 384, 48, 128, 128);
    x = x.named("pool5").globalAveragePool().named("flatten").flatten();
    return x.named("dropout").dropout(0.4f).named("fc").dense(classes);
  }

  private static Flow pool(Flow x, String name) {
    return x.named(name).maxPool2d(3, p -> p.stride(2).ceilMode());
  }

  private static Flow convRelu(Flow x, String name, long filters, int kernel) {
    x = x.named(name).conv2d(filters, kernel, c -> c.padding(kernel / 2));
    return x.named(name + ".relu").relu();
  }

  private static Flow inception(
      Flow x, String name, long c1, long r3, long c3, long r5, long c5, long pool) {
    Flow one = convRelu(x, name + ".1x1", c1, 1);
    Flow three = convRelu(convRelu(x, name + ".3x3.reduce", r3, 1), name + ".3x3", c3, 3);
    Flow five = convRelu(convRelu(x, name + ".5x5.reduce", r5, 1), name + ".5x5", c5, 5);
    Flow pooled = x.named(name + ".pool").maxPool2d(3, p -> p.stride(1).padding(1));
    return one.named(name + ".concat")
        .concat(three, five, convRelu(pooled, name + ".pool.proj", pool, 1));
  }
}
