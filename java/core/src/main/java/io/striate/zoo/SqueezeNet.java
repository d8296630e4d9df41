package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** SqueezeNet; Iandola et al., arXiv:1602.07360, table 1, without bypass connections. */
final class SqueezeNet {
  private static final Paper PAPER =
      new Paper(
          "Iandola et al.",
          "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size",
          "arXiv:1602.07360",
          2016);

  /** Squeeze filters of the eight fire modules; each expands to four times as many, twice. */
  private static final int[] SQUEEZE = {16, 16, 32, 32, 48, 48, 64, 64};

  /** Where the poolings are among torchvision's features. */
  private static final List<Integer> POOLS_10 = List.of(2, 6, 11);

  private static final List<Integer> POOLS_11 = List.of(2, 5, 8);
  private static final Pattern PLACE = Pattern.compile("features\\.(\\d+)\\.(.*)");

  private SqueezeNet() {}

  static List<Architecture> all() {
    return List.of(
        squeezenet("squeezenet1.0", "SqueezeNet 1.0", SqueezeNet::v10, POOLS_10),
        squeezenet(
            "squeezenet1.1", "SqueezeNet 1.1, with less arithmetic", SqueezeNet::v11, POOLS_11));
  }

  private static Architecture squeezenet(
      String name, String title, Architecture.Chain chain, List<Integer> pools) {
    return Architecture.of(name, title, "SqueezeNet", PAPER, Units.IMAGE_224, Units.IMAGENET, chain)
        .with(PublishedWeights.orNamed(own -> paperName(own, pools)));
  }

  /**
   * The paper's and Caffe's name: {@code conv1}, {@code fire2.squeeze} to fire9, {@code conv10}.
   */
  private static String paperName(String name, List<Integer> pools) {
    Matcher fire = PLACE.matcher(name);
    if (!fire.matches()) {
      return name.replace("classifier.1.", "conv10.");
    }
    int place = Integer.parseInt(fire.group(1));
    if (place == 0) {
      return "conv1." + fire.group(2);
    }
    long before = pools.stream().filter(pool -> pool < place).count();
    return "fire" + (place - before) + "." + fire.group(2);
  }

  private static Flow v10(Flow x, long classes) {
    x = x.named("features.0").conv2d(96, 7, c -> c.stride(2)).named("features.1").relu();
    return classifier(body(x, POOLS_10), classes);
  }

  private static Flow v11(Flow x, long classes) {
    x = x.named("features.0").conv2d(64, 3, c -> c.stride(2)).named("features.1").relu();
    return classifier(body(x, POOLS_11), classes);
  }

  /** Eight fire modules, and poolings at the given places. */
  private static Flow body(Flow x, List<Integer> pools) {
    int fires = 0;
    for (int place = 2; fires < SQUEEZE.length; place++) {
      String name = "features." + place;
      x =
          pools.contains(place)
              ? x.named(name).maxPool2d(3, p -> p.stride(2).ceilMode())
              : fire(x, name, SQUEEZE[fires++]);
    }
    return x;
  }

  private static Flow fire(Flow x, String name, long squeeze) {
    long expand = 4 * squeeze;
    Flow s = x.named(name + ".squeeze").conv2d(squeeze, 1);
    s = s.named(name + ".squeeze_activation").relu();
    Flow one = s.named(name + ".expand1x1").conv2d(expand, 1);
    Flow three = s.named(name + ".expand3x3").conv2d(expand, 3, c -> c.padding(1));
    return one.named(name + ".expand1x1_activation")
        .relu()
        .named(name + ".cat")
        .concat(three.named(name + ".expand3x3_activation").relu());
  }

  private static Flow classifier(Flow x, long classes) {
    x = x.named("classifier.0").dropout(0.5f).named("classifier.1").conv2d(classes, 1);
    return Units.pooled(x.named("classifier.2").relu(), "classifier.3");
  }
}
