package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/** LeNet-5; LeCun et al. 1998, section II.B. */
final class LeNet {
  private static final Paper PAPER =
      new Paper(
          "LeCun, Bottou, Bengio & Haffner",
          "Gradient-based learning applied to document recognition",
          "Proceedings of the IEEE 86(11)",
          1998);

  private static final Paper CAFFE =
      new Paper(
          "Jia et al.",
          "Caffe: convolutional architecture for fast feature embedding",
          "arXiv:1408.5093",
          2014);

  /** Table I: the maps of S2 that each map of C3 sees. */
  private static final int[][] C3 = {
    {0, 1, 2},
    {1, 2, 3},
    {2, 3, 4},
    {3, 4, 5},
    {0, 4, 5},
    {0, 1, 5},
    {0, 1, 2, 3},
    {1, 2, 3, 4},
    {2, 3, 4, 5},
    {0, 3, 4, 5},
    {0, 1, 4, 5},
    {0, 1, 2, 5},
    {0, 1, 3, 4},
    {1, 2, 4, 5},
    {0, 2, 3, 5},
    {0, 1, 2, 3, 4, 5}
  };

  private LeNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "lenet5_1998",
            "LeNet-5 as published",
            "LeNet",
            PAPER,
            List.of(1L, 32L, 32L),
            10,
            LeNet::published),
        Architecture.of(
            "lenet5",
            "LeNet-5, modern form",
            "LeNet",
            PAPER,
            List.of(1L, 28L, 28L),
            10,
            LeNet::modern),
        Architecture.of(
            "lenet_caffe",
            "LeNet of Caffe's MNIST example",
            "LeNet",
            CAFFE,
            List.of(1L, 28L, 28L),
            10,
            LeNet::caffe));
  }

  /**
   * As published: learned subsampling, C3 with table I, scaled tanh behind every layer up to F6,
   * and as outputs the squared distances of F6 to bitmaps of the digits, the smallest being the
   * answer. 156 + 12 + 1,516 + 32 + 48,120 + 10,164 = 60,000 parameters; the bitmaps are fixed.
   */
  private static Flow published(Flow x, long classes) {
    x = x.named("c1").conv2d(6, 5).named("c1.squash").scaledTanh();
    x = subsampling(x, "s2");
    x = x.named("c3").partialConv2d(C3, 5).named("c3.squash").scaledTanh();
    x = subsampling(x, "s4");
    x = x.named("c5").conv2d(120, 5).named("c5.squash").scaledTanh();
    x = x.named("flatten").flatten().named("f6").dense(84).named("f6.squash").scaledTanh();
    return x.named("output").radialBasis(DigitBitmaps.of(classes));
  }

  /** The sum of 2×2 neighbours, times a learned coefficient, plus a learned bias, squashed. */
  static Flow subsampling(Flow x, String name) {
    x = x.named(name + ".mean").averagePool2d(2).named(name + ".sum").affine(4, 0);
    return x.named(name).scale().named(name + ".squash").scaledTanh();
  }

  /** Caffe's: wider, maxima, and a single ReLU; layer names are those of its prototxt. */
  private static Flow caffe(Flow x, long classes) {
    x = x.named("conv1").conv2d(20, 5).named("pool1").maxPool2d(2);
    x = x.named("conv2").conv2d(50, 5).named("pool2").maxPool2d(2);
    x = x.named("flatten").flatten().named("ip1").dense(500).named("relu1").relu();
    return x.named("ip2").dense(classes);
  }

  /** As it is mostly built today: padding 2, plain average pooling, tanh, a dense output. */
  private static Flow modern(Flow x, long classes) {
    x = x.named("c1").conv2d(6, 5, c -> c.padding(2)).named("c1.tanh").tanh();
    x = x.named("s2").averagePool2d(2);
    x = x.named("c3").conv2d(16, 5).named("c3.tanh").tanh();
    x = x.named("s4").averagePool2d(2);
    x = x.named("c5").conv2d(120, 5).named("c5.tanh").tanh().named("flatten").flatten();
    x = x.named("f6").dense(84).named("f6.tanh").tanh();
    return x.named("logits").dense(classes);
  }
}
