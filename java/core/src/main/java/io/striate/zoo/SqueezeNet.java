package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/** SqueezeNet; Iandola et al., arXiv:1602.07360. */
final class SqueezeNet {
  private static final Paper PAPER =
      new Paper(
          "Iandola et al.",
          "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size",
          "arXiv:1602.07360",
          2016);

  private SqueezeNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "squeezenet1.1",
            "SqueezeNet 1.1",
            "SqueezeNet",
            PAPER,
            List.of(3L, 224L, 224L),
            1000,
            SqueezeNet::v11));
  }

  private static Flow v11(Flow x, long classes) {
    x = x.named("features.0").conv2d(64, 3, c -> c.stride(2)).named("features.1").relu();
    x = pool(x, "features.2");
    x = fire(fire(x, "features.3", 16, 64), "features.4", 16, 64);
    x = pool(x, "features.5");
    x = fire(fire(x, "features.6", 32, 128), "features.7", 32, 128);
    x = pool(x, "features.8");
    x = fire(fire(x, "features.9", 48, 192), "features.10", 48, 192);
    x = fire(fire(x, "features.11", 64, 256), "features.12", 64, 256);
    x = x.named("classifier.0").dropout(0.5f).named("classifier.1").conv2d(classes, 1);
    x = x.named("classifier.2").relu().named("classifier.3").globalAveragePool();
    return x.named("flatten").flatten();
  }

  private static Flow pool(Flow x, String name) {
    return x.named(name).maxPool2d(3, p -> p.stride(2).ceilMode());
  }

  private static Flow fire(Flow x, String name, long squeeze, long expand) {
    Flow s = x.named(name + ".squeeze").conv2d(squeeze, 1);
    s = s.named(name + ".squeeze_activation").relu();
    Flow one = s.named(name + ".expand1x1").conv2d(expand, 1);
    Flow three = s.named(name + ".expand3x3").conv2d(expand, 3, c -> c.padding(1));
    return one.named(name + ".expand1x1_activation")
        .relu()
        .named(name)
        .concat(three.named(name + ".expand3x3_activation").relu());
  }
}
