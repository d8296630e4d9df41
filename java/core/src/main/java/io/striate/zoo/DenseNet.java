package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/**
 * DenseNet-121; Huang, Liu, van der Maaten &amp; Weinberger, arXiv:1608.06993, table 1. Every layer
 * sees the results of all layers before it in its block.
 */
final class DenseNet {
  private static final Paper PAPER =
      new Paper(
          "Huang, Liu, van der Maaten & Weinberger",
          "Densely connected convolutional networks",
          "arXiv:1608.06993",
          2016);

  private static final int[] LAYERS = {6, 12, 24, 16};

  private static final long GROWTH = 32;

  private DenseNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
                "densenet121",
                "DenseNet-121",
                "DenseNet",
                PAPER,
                Units.IMAGE_224,
                Units.IMAGENET,
                DenseNet::build)
            .with(PublishedWeights.orNamed(DenseNet::oldName)));
  }

  /**
   * torchvision's files have {@code denselayer1.norm.1.weight} for {@code
   * denselayer1.norm1.weight}.
   */
  private static String oldName(String name) {
    return name.replaceFirst("(denselayer\\d+[.](?:norm|conv))([12])[.]", "$1.$2.");
  }

  private static Flow build(Flow x, long classes) {
    x = x.named("features.conv0").conv2d(64, 7, c -> c.stride(2).padding(3).withoutBias());
    x = x.named("features.norm0").batchNorm().named("features.relu0").relu();
    x = x.named("features.pool0").maxPool2d(3, p -> p.stride(2).padding(1));
    for (int block = 1; block <= LAYERS.length; block++) {
      x = denseBlock(x, "features.denseblock" + block, LAYERS[block - 1]);
      if (block < LAYERS.length) {
        x = transition(x, "features.transition" + block);
      }
    }
    x = x.named("features.norm5").batchNorm().named("relu").relu();
    return Units.pooled(x, "adaptive_avg_pool2d").named("classifier").dense(classes);
  }

  /** Appends to the concatenation of all before, so that nothing has to be copied again. */
  private static Flow denseBlock(Flow x, String block, int layers) {
    for (int i = 1; i <= layers; i++) {
      String next = i < layers ? ".denselayer" + (i + 1) : "";
      Flow made = layer(x, block + ".denselayer" + i);
      x = x.named(block + next + ".cat").concat(made);
    }
    return x;
  }

  private static Flow layer(Flow x, String name) {
    x = x.named(name + ".norm1").batchNorm().named(name + ".relu1").relu();
    x = x.named(name + ".conv1").conv2d(4 * GROWTH, 1, c -> c.withoutBias());
    x = x.named(name + ".norm2").batchNorm().named(name + ".relu2").relu();
    return x.named(name + ".conv2").conv2d(GROWTH, 3, c -> c.padding(1).withoutBias());
  }

  private static Flow transition(Flow x, String name) {
    x = x.named(name + ".norm").batchNorm().named(name + ".relu").relu();
    x = x.named(name + ".conv").conv2d(x.channels() / 2, 1, c -> c.withoutBias());
    return x.named(name + ".pool").averagePool2d(2);
  }
}
