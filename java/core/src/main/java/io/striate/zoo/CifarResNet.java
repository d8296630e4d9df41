package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.ArrayList;
import java.util.List;

/**
 * Residual networks of 6n+2 layers for CIFAR-10; He et al., arXiv:1512.03385, section 4.2: stages
 * of 16, 32 and 64 channels, n blocks each. Where the shape changes, option A takes every second
 * row and column and puts channels of zeros at both sides, without parameters; option B projects.
 * Layer names are those of the published PyTorch weights (akamaster/pytorch_resnet_cifar10).
 */
final class CifarResNet {
  private enum Shortcut {
    A,
    B,
    NONE
  }

  private CifarResNet() {}

  static List<Architecture> all() {
    List<Architecture> all = new ArrayList<>();
    for (Shortcut shortcut : Shortcut.values()) {
      for (int layers : new int[] {20, 32, 44, 56, 110}) {
        all.add(network(layers, shortcut));
      }
    }
    return all;
  }

  private static Architecture network(int layers, Shortcut shortcut) {
    String name =
        switch (shortcut) {
          case A -> "resnet" + layers;
          case B -> "resnet" + layers + "_b";
          case NONE -> "plain" + layers;
        };
    String title =
        shortcut == Shortcut.NONE
            ? "Plain network of " + layers + " layers for CIFAR-10, no shortcuts"
            : "ResNet-" + layers + " for CIFAR-10, option " + shortcut;
    return Architecture.of(
        name,
        title,
        "ResNet for CIFAR-10",
        ResNet.PAPER,
        List.of(3L, 32L, 32L),
        10,
        (x, classes) -> build(x, classes, (layers - 2) / 6, shortcut));
  }

  private static Flow build(Flow x, long classes, int blocks, Shortcut shortcut) {
    x = Units.convBn(x, "conv1", "bn1", 16, 3, 1).named("relu").relu();
    for (int stage = 0; stage < 3; stage++) {
      for (int i = 0; i < blocks; i++) {
        String name = "layer" + (stage + 1) + "." + i + ".";
        x = block(x, name, 16L << stage, i == 0 && stage > 0 ? 2 : 1, shortcut);
      }
    }
    return Units.pooled(x, "avgpool").named("linear").dense(classes);
  }

  private static Flow block(Flow x, String name, long width, int stride, Shortcut shortcut) {
    Flow y = Units.convBn(x, name + "conv1", name + "bn1", width, 3, stride);
    y = Units.convBn(y.named(name + "relu").relu(), name + "conv2", name + "bn2", width, 3, 1);
    if (shortcut != Shortcut.NONE) {
      y =
          y.named(name + "add")
              .add(stride == 1 ? x : changed(x, name + "shortcut", width, shortcut));
    }
    return y.named(name + "relu_1").relu();
  }

  private static Flow changed(Flow x, String name, long width, Shortcut shortcut) {
    if (shortcut == Shortcut.B) {
      return Units.convBn(x, name + ".0", name + ".1", width, 1, 2);
    }
    long zeros = (width - x.channels()) / 2;
    return x.named(name + ".subsample")
        .subsample(2)
        .named(name + ".pad")
        .zeroPadChannels(zeros, zeros);
  }
}
