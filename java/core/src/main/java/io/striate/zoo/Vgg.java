package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/** VGG; Simonyan &amp; Zisserman, arXiv:1409.1556, table 1. */
final class Vgg {
  private static final Paper PAPER =
      new Paper(
          "Simonyan & Zisserman",
          "Very deep convolutional networks for large-scale image recognition",
          "arXiv:1409.1556",
          2014);

  private Vgg() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "vgg16",
            "VGG-16, configuration D",
            "VGG",
            PAPER,
            List.of(3L, 224L, 224L),
            1000,
            (x, classes) -> build(x, new int[] {2, 2, 3, 3, 3}, classes)));
  }

  private static Flow build(Flow x, int[] depths, long classes) {
    int index = 0;
    for (int block = 0; block < depths.length; block++) {
      for (int i = 0; i < depths[block]; i++) {
        long filters = Math.min(512, 64L << block);
        x = x.named("features." + index++).conv2d(filters, 3, c -> c.padding(1));
        x = x.named("features." + index++).relu();
      }
      x = x.named("features." + index++).maxPool2d(2);
    }
    x = x.named("avgpool").adaptiveAveragePool2d(7).named("flatten").flatten();
    x = x.named("classifier.0").dense(4096).named("classifier.1").relu();
    x = x.named("classifier.2").dropout(0.5f).named("classifier.3").dense(4096);
    x = x.named("classifier.4").relu().named("classifier.5").dropout(0.5f);
    return x.named("classifier.6").dense(classes);
  }
}
