package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/** AlexNet; Krizhevsky, Sutskever &amp; Hinton 2012, and Krizhevsky 2014. */
final class AlexNet {
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
            "alexnet",
            "AlexNet, torchvision's",
            "AlexNet",
            WEIRD_TRICK,
            List.of(3L, 224L, 224L),
            1000,
            AlexNet::torchvision));
  }

  /** One column, no response normalisation. */
  private static Flow torchvision(Flow x, long classes) {
    x = x.named("features.0").conv2d(64, 11, c -> c.stride(4).padding(2));
    x = x.named("features.1").relu().named("features.2").maxPool2d(3, p -> p.stride(2));
    x = x.named("features.3").conv2d(192, 5, c -> c.padding(2));
    x = x.named("features.4").relu().named("features.5").maxPool2d(3, p -> p.stride(2));
    x = x.named("features.6").conv2d(384, 3, c -> c.padding(1)).named("features.7").relu();
    x = x.named("features.8").conv2d(256, 3, c -> c.padding(1)).named("features.9").relu();
    x = x.named("features.10").conv2d(256, 3, c -> c.padding(1)).named("features.11").relu();
    x = x.named("features.12").maxPool2d(3, p -> p.stride(2));
    x = x.named("avgpool").adaptiveAveragePool2d(6).named("flatten").flatten();
    x = x.named("classifier.0").dropout(0.5f).named("classifier.1").dense(4096);
    x = x.named("classifier.2").relu().named("classifier.3").dropout(0.5f);
    x = x.named("classifier.4").dense(4096).named("classifier.5").relu();
    return x.named("classifier.6").dense(classes);
  }
}
