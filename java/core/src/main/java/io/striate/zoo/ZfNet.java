package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/**
 * ZF Net: AlexNet with a first layer of 7×7 and stride 2 in place of 11×11 and stride 4, in one
 * column; Zeiler &amp; Fergus, arXiv:1311.2901, figure 3.
 *
 * <p>In the paper's figure the second layer is 5×5 with stride 2. Descriptions that give it the
 * first one's window too are met by {@code zfnet_7x7}; a padding of 1 keeps all shapes. Poolings
 * round up, as 110 → 55 and 26 → 13 demand.
 */
final class ZfNet {
  private static final Paper PAPER =
      new Paper(
          "Zeiler & Fergus",
          "Visualizing and understanding convolutional networks",
          "arXiv:1311.2901",
          2013);

  private ZfNet() {}

  static List<Architecture> all() {
    return List.of(net("zfnet", "ZF Net", 5, 0), net("zfnet_7x7", "ZF Net, two layers 7×7", 7, 1));
  }

  private static Architecture net(String name, String title, int kernel, int padding) {
    return Architecture.of(
        name,
        title,
        "AlexNet",
        PAPER,
        List.of(3L, 224L, 224L),
        1000,
        (x, classes) -> {
          x = AlexNet.convRelu(x, "1", 96, 7, 2, 1, 1);
          x = AlexNet.norm(pool(x, "pool1"), "norm1");
          x = AlexNet.convRelu(x, "2", 256, kernel, 2, padding, 1);
          x = AlexNet.norm(pool(x, "pool2"), "norm2");
          x = AlexNet.convRelu(x, "3", 384, 3, 1, 1, 1);
          x = AlexNet.convRelu(x, "4", 384, 3, 1, 1, 1);
          x = AlexNet.convRelu(x, "5", 256, 3, 1, 1, 1);
          return AlexNet.classifier(pool(x, "pool5"), classes);
        });
  }

  private static Flow pool(Flow x, String name) {
    return x.named(name).maxPool2d(3, p -> p.stride(2).ceilMode());
  }
}
