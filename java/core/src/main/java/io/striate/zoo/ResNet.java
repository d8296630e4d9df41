package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.ArrayList;
import java.util.List;

/**
 * Residual networks for ImageNet, and the same without shortcuts; He et al., arXiv:1512.03385,
 * table 1 and figure 3. Shortcuts that change the shape are projections (option B).
 */
final class ResNet {
  static final Paper PAPER =
      new Paper(
          "He, Zhang, Ren & Sun",
          "Deep residual learning for image recognition",
          "arXiv:1512.03385",
          2015);

  /** Where a bottleneck halves the image. */
  private enum Stride {
    /** In its first 1×1 convolution: the paper's and Caffe's. */
    FIRST,
    /** In its 3×3 convolution: torchvision's, known as v1.5. */
    MIDDLE
  }

  /**
   * What a network is made of.
   *
   * @param depths blocks of each stage
   * @param expansion output channels over width: 1 for two 3×3 convolutions, 4 for a bottleneck
   * @param shortcuts false for a plain network
   * @param excited whether branches end in squeeze and excitation
   */
  private record Form(
      List<Integer> depths, int expansion, Stride stride, boolean shortcuts, boolean excited) {}

  private static final List<Integer> DEPTHS_18 = List.of(2, 2, 2, 2);
  private static final List<Integer> DEPTHS_34 = List.of(3, 4, 6, 3);
  private static final List<Integer> DEPTHS_101 = List.of(3, 4, 23, 3);
  private static final List<Integer> DEPTHS_152 = List.of(3, 8, 36, 3);

  private ResNet() {}

  static List<Architecture> all() {
    List<Architecture> all = new ArrayList<>();
    all.add(basic("resnet18", "ResNet-18", DEPTHS_18, true));
    all.add(basic("resnet34", "ResNet-34", DEPTHS_34, true));
    for (Stride stride : List.of(Stride.MIDDLE, Stride.FIRST)) {
      all.add(bottleneck("50", DEPTHS_34, stride));
      all.add(bottleneck("101", DEPTHS_101, stride));
      all.add(bottleneck("152", DEPTHS_152, stride));
    }
    all.add(basic("plain18", "Plain network of 18 layers, no shortcuts", DEPTHS_18, false));
    all.add(basic("plain34", "Plain network of 34 layers, no shortcuts", DEPTHS_34, false));
    return all;
  }

  private static Architecture basic(
      String name, String title, List<Integer> depths, boolean shortcuts) {
    return network(name, title, new Form(depths, 1, Stride.FIRST, shortcuts, false));
  }

  private static Architecture bottleneck(String layers, List<Integer> depths, Stride stride) {
    boolean original = stride == Stride.FIRST;
    return network(
        "resnet" + layers + (original ? "_original" : ""),
        "ResNet-" + layers + (original ? ", stride in the first 1x1" : ""),
        new Form(depths, 4, stride, true, false));
  }

  private static Architecture network(String name, String title, Form form) {
    return Architecture.of(
        name,
        title,
        "ResNet",
        PAPER,
        Units.IMAGE_224,
        Units.IMAGENET,
        (x, classes) -> build(x, classes, form));
  }

  /** ResNet-50 with squeeze and excitation in every block. */
  static Flow seResnet50(Flow x, long classes) {
    return build(x, classes, new Form(DEPTHS_34, 4, Stride.MIDDLE, true, true));
  }

  private static Flow build(Flow x, long classes, Form form) {
    x = Units.convBn(x, "conv1", "bn1", 64, 7, 2).named("relu").relu();
    x = x.named("maxpool").maxPool2d(3, p -> p.stride(2).padding(1));
    for (int stage = 0; stage < form.depths().size(); stage++) {
      for (int i = 0; i < form.depths().get(stage); i++) {
        String name = "layer" + (stage + 1) + "." + i + ".";
        x = block(x, name, 64L << stage, i == 0 && stage > 0 ? 2 : 1, form);
      }
    }
    return Units.pooled(x, "avgpool").named("fc").dense(classes);
  }

  private static Flow block(Flow x, String name, long width, int stride, Form form) {
    boolean first = form.stride() == Stride.FIRST;
    Flow y;
    if (form.expansion() == 1) {
      y = Units.convBn(x, name + "conv1", name + "bn1", width, 3, stride);
      y = y.named(name + "relu").relu();
      y = Units.convBn(y, name + "conv2", name + "bn2", width, 3, 1);
    } else {
      y = Units.convBn(x, name + "conv1", name + "bn1", width, 1, first ? stride : 1);
      y = y.named(name + "relu").relu();
      y = Units.convBn(y, name + "conv2", name + "bn2", width, 3, first ? 1 : stride);
      y = y.named(name + "relu_1").relu();
      y = Units.convBn(y, name + "conv3", name + "bn3", width * form.expansion(), 1, 1);
    }
    if (form.excited()) {
      y = SqueezeExcitation.sixteenth(y, name.substring(0, name.length() - 1));
    }
    if (form.shortcuts()) {
      y = y.named(name + "add").add(shortcut(x, name, y, stride));
    }
    return y.named(name + (form.expansion() == 1 ? "relu_1" : "relu_2")).relu();
  }

  private static Flow shortcut(Flow x, String name, Flow y, int stride) {
    if (x.shape().equals(y.shape())) {
      return x;
    }
    String projection = name + "downsample.";
    return Units.convBn(x, projection + "0", projection + "1", y.channels(), 1, stride);
  }
}
