package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Squeeze-and-excitation; Hu, Shen &amp; Sun, arXiv:1709.01507, section 3.
 *
 * <p>Squeeze: {@code z_c = mean of channel c}. Excitation: {@code s = sigmoid(W2·relu(W1·z))}, W1
 * to a sixteenth of the channels. Then channel c is multiplied by {@code s_c}. W1 and W2 are the
 * 1×1 convolutions {@code fc1} and {@code fc2}, with biases as everybody builds them; the paper's
 * count of 2.5 M for ResNet-50 has none.
 */
final class SqueezeExcitation {
  private static final Paper PAPER =
      new Paper(
          "Hu, Shen, Albanie, Sun & Wu",
          "Squeeze-and-excitation networks",
          "arXiv:1709.01507",
          2017);

  private static final int REDUCTION = 16;

  private SqueezeExcitation() {}

  static List<Architecture> all() {
    return List.of(
        network("se_resnet50", "SE-ResNet-50", ResNet::seResnet50),
        network(
            "se_inception",
            "SE-Inception: torchvision's GoogLeNet, squeezed and excited behind each module",
            (x, classes) -> GoogLeNet.torchvision(x, classes, SqueezeExcitation::sixteenth)));
  }

  private static Architecture network(String name, String title, Architecture.Chain chain) {
    return Architecture.of(
        name, title, "Squeeze-and-excitation", PAPER, Units.IMAGE_224, Units.IMAGENET, chain);
  }

  /** The block {@code name.se} with the paper's reduction by 16. */
  static Flow sixteenth(Flow x, String name) {
    return block(x, name + ".se", x.channels() / REDUCTION, Flow::relu);
  }

  /** The block with {@code squeezed} channels between W1 and W2. */
  static Flow block(Flow x, String name, long squeezed, UnaryOperator<Flow> activation) {
    Flow z = x.named(name + ".avgpool").globalAveragePool();
    z = z.named(name + ".fc1").conv2d(squeezed, 1);
    z =
        activation
            .apply(z.named(name + ".activation"))
            .named(name + ".fc2")
            .conv2d(x.channels(), 1);
    return x.named(name + ".mul").multiply(z.named(name + ".scale_activation").sigmoid());
  }
}
