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

  private LeNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "lenet5",
            "LeNet-5, modern form",
            "LeNet",
            PAPER,
            List.of(1L, 28L, 28L),
            10,
            LeNet::modern));
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
