package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.ArrayList;
import java.util.List;

/**
 * VGG: stacks of 3×3 convolutions; Simonyan &amp; Zisserman, arXiv:1409.1556, table 1.
 *
 * <p>Configurations A, B, D, E are torchvision's vgg11, 13, 16, 19, also with batch normalisation
 * behind every convolution, which the paper does not have. A-LRN normalises behind the first
 * convolution; its parameters are A's. C is D with windows 1×1 in the last convolution of each of
 * the blocks 3 to 5.
 *
 * <p>The well-known table of D's memory (CS231n, and the lecture notes after it) totals 24 million
 * values, 93 MB, for a forward pass of one image. Its own lines sum to 15,237,608 values, 58 MiB,
 * and so does {@link io.striate.nn.Model#summary()}; activations and dropout are made in place.
 */
final class Vgg {
  private static final Paper PAPER =
      new Paper(
          "Simonyan & Zisserman",
          "Very deep convolutional networks for large-scale image recognition",
          "arXiv:1409.1556",
          2014);

  /** What sets a configuration apart. */
  private record Configuration(
      String name, String title, List<Integer> depths, boolean lrn, boolean one) {}

  private static final List<Configuration> CONFIGURATIONS =
      List.of(
          new Configuration("vgg11", "VGG-11, A", List.of(1, 1, 2, 2, 2), false, false),
          new Configuration("vgg11_lrn", "VGG-11, A-LRN", List.of(1, 1, 2, 2, 2), true, false),
          new Configuration("vgg13", "VGG-13, B", List.of(2, 2, 2, 2, 2), false, false),
          new Configuration("vgg16_c", "VGG-16, C", List.of(2, 2, 3, 3, 3), false, true),
          new Configuration("vgg16", "VGG-16, D", List.of(2, 2, 3, 3, 3), false, false),
          new Configuration("vgg19", "VGG-19, E", List.of(2, 2, 4, 4, 4), false, false));

  private Vgg() {}

  static List<Architecture> all() {
    List<Architecture> all = new ArrayList<>();
    for (Configuration c : CONFIGURATIONS) {
      all.add(architecture(c, false));
      if (!c.lrn()) {
        all.add(architecture(c, true));
      }
    }
    return all;
  }

  private static Architecture architecture(Configuration c, boolean batchNorm) {
    return Architecture.of(
        c.name() + (batchNorm ? "_bn" : ""),
        c.title() + (batchNorm ? ", batch normalisation" : ""),
        "VGG",
        PAPER,
        List.of(3L, 224L, 224L),
        1000,
        (x, classes) -> classifier(features(x, c, batchNorm), classes));
  }

  private static Flow features(Flow x, Configuration c, boolean batchNorm) {
    int index = 0;
    for (int block = 0; block < c.depths().size(); block++) {
      int depth = c.depths().get(block);
      for (int i = 0; i < depth; i++) {
        int kernel = c.one() && block >= 2 && i == depth - 1 ? 1 : 3;
        long filters = Math.min(512, 64L << block);
        x = x.named("features." + index++).conv2d(filters, kernel, o -> o.padding(kernel / 2));
        if (batchNorm) {
          x = x.named("features." + index++).batchNorm();
        }
        x = x.named("features." + index++).relu();
        if (c.lrn() && block == 0) {
          x = AlexNet.norm(x, "features." + index++);
        }
      }
      x = x.named("features." + index++).maxPool2d(2);
    }
    return x;
  }

  private static Flow classifier(Flow x, long classes) {
    x = x.named("avgpool").adaptiveAveragePool2d(7).named("flatten").flatten();
    x = x.named("classifier.0").dense(4096).named("classifier.1").relu();
    x = x.named("classifier.2").dropout(0.5f).named("classifier.3").dense(4096);
    x = x.named("classifier.4").relu().named("classifier.5").dropout(0.5f);
    return x.named("classifier.6").dense(classes);
  }
}
