package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/**
 * AlexNet in three forms.
 *
 * <p>The paper's input of 224×224 does not fit its first layer, (224-11)/4 is not a number of
 * steps; 227×227 does, and the notes and all later descriptions use it. The paper's response
 * normalisation {@code x/(k + α·Σx²)^β} with k = 2, n = 5, α = 1e-4, β = 0.75 does not divide the
 * sum by n, as our layer and Caffe's do; so alpha is 5e-4 here.
 */
final class AlexNet {
  private static final Paper PAPER =
      new Paper(
          "Krizhevsky, Sutskever & Hinton",
          "ImageNet classification with deep convolutional neural networks",
          "NIPS 25",
          2012);
  private static final Paper WEIRD_TRICK =
      new Paper(
          "Krizhevsky",
          "One weird trick for parallelizing convolutional neural networks",
          "arXiv:1404.5997",
          2014);

  private AlexNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "alexnet_simplified",
            "AlexNet, one column, 227×227",
            "AlexNet",
            PAPER,
            List.of(3L, 227L, 227L),
            1000,
            AlexNet::simplified),
        Architecture.of(
            "alexnet_two_gpus",
            "AlexNet, two columns in groups",
            "AlexNet",
            PAPER,
            List.of(3L, 227L, 227L),
            1000,
            AlexNet::twoGpus),
        Architecture.of(
            "alexnet",
            "AlexNet, torchvision's",
            "AlexNet",
            WEIRD_TRICK,
            List.of(3L, 224L, 224L),
            1000,
            AlexNet::torchvision));
  }

  /** The table of the lecture notes (and of CS231n): pooling before normalisation, no groups. */
  private static Flow simplified(Flow x, long classes) {
    x = convRelu(x, "1", 96, 11, 4, 0, 1);
    x = norm(pool(x, "pool1"), "norm1");
    x = convRelu(x, "2", 256, 5, 1, 2, 1);
    x = norm(pool(x, "pool2"), "norm2");
    x = convRelu(x, "3", 384, 3, 1, 1, 1);
    x = convRelu(x, "4", 384, 3, 1, 1, 1);
    x = convRelu(x, "5", 256, 3, 1, 1, 1);
    return classifier(pool(x, "pool3"), classes);
  }

  /**
   * Section 3.5: conv2, conv4 and conv5 see the maps of their own GPU only, which are two groups;
   * normalisation before pooling.
   */
  private static Flow twoGpus(Flow x, long classes) {
    x = convRelu(x, "1", 96, 11, 4, 0, 1);
    x = pool(norm(x, "norm1"), "pool1");
    x = convRelu(x, "2", 256, 5, 1, 2, 2);
    x = pool(norm(x, "norm2"), "pool2");
    x = convRelu(x, "3", 384, 3, 1, 1, 1);
    x = convRelu(x, "4", 384, 3, 1, 1, 2);
    x = convRelu(x, "5", 256, 3, 1, 1, 2);
    return classifier(pool(x, "pool5"), classes);
  }

  static Flow convRelu(
      Flow x, String number, long filters, int kernel, int stride, int padding, int groups) {
    return x.named("conv" + number)
        .conv2d(filters, kernel, c -> c.stride(stride).padding(padding).groups(groups))
        .named("relu" + number)
        .relu();
  }

  static Flow norm(Flow x, String name) {
    return x.named(name).lrn(5, 5e-4f, 0.75f, 2);
  }

  private static Flow pool(Flow x, String name) {
    return x.named(name).maxPool2d(3, p -> p.stride(2));
  }

  /** Flattens, then FC6 and FC7 with dropout, and FC8. */
  static Flow classifier(Flow x, long classes) {
    x = x.named("flatten").flatten();
    for (int i = 6; i <= 7; i++) {
      x = x.named("fc" + i).dense(4096).named("relu" + i).relu();
      x = x.named("drop" + i).dropout(0.5f);
    }
    return x.named("fc8").dense(classes);
  }

  /** One column of other widths, no response normalisation; the weights that torchvision has. */
  private static Flow torchvision(Flow x, long classes) {
    x = x.named("features.0").conv2d(64, 11, c -> c.stride(4).padding(2));
    x = pool(x.named("features.1").relu(), "features.2");
    x = x.named("features.3").conv2d(192, 5, c -> c.padding(2));
    x = pool(x.named("features.4").relu(), "features.5");
    x = x.named("features.6").conv2d(384, 3, c -> c.padding(1)).named("features.7").relu();
    x = x.named("features.8").conv2d(256, 3, c -> c.padding(1)).named("features.9").relu();
    x = x.named("features.10").conv2d(256, 3, c -> c.padding(1)).named("features.11").relu();
    x = pool(x, "features.12");
    x = x.named("avgpool").adaptiveAveragePool2d(6).named("flatten").flatten();
    x = x.named("classifier.0").dropout(0.5f).named("classifier.1").dense(4096);
    x = x.named("classifier.2").relu().named("classifier.3").dropout(0.5f);
    x = x.named("classifier.4").dense(4096).named("classifier.5").relu();
    return x.named("classifier.6").dense(classes);
  }
}
