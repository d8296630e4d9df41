package io.striate.zoo;

import io.striate.graph.Graph;
import io.striate.graph.Value;

/**
 * Residual networks for ImageNet, stride in the 3×3 (torchvision's v1.5); He et al.,
 * arXiv:1512.03385.
 */
final class ResNets {
  private ResNets() {}

  static Graph basic(String name, int[] depths, long seed) {
    return build(name, depths, seed, 1);
  }

  static Graph bottleneck(String name, int[] depths, long seed) {
    return build(name, depths, seed, 4);
  }

  private static Graph build(String name, int[] depths, long seed, int expansion) {
    Net net = new Net(name, seed);
    Value x = net.relu("conv1.relu", net.convBn("conv1", net.input(3, 224), 64, 7, 2, 1));
    x = net.maxPool("pool1", x, 3, 2, 1, false);
    for (int stage = 0; stage < depths.length; stage++) {
      for (int i = 0; i < depths[stage]; i++) {
        String block = "layer" + (stage + 1) + "." + i;
        x = block(net, block, x, 64L << stage, i == 0 && stage > 0 ? 2 : 1, expansion);
      }
    }
    return net.output(
        net.dense("logits", net.flatten("flatten", net.globalAveragePool("pool", x)), 1000));
  }

  private static Value block(Net net, String name, Value x, long width, int stride, int expansion) {
    long out = width * expansion;
    Value y = x;
    if (expansion > 1) {
      y = net.relu(name + ".relu1", net.convBn(name + ".conv1", y, width, 1, 1, 1));
      y = net.relu(name + ".relu2", net.convBn(name + ".conv2", y, width, 3, stride, 1));
      y = net.convBn(name + ".conv3", y, out, 1, 1, 1);
    } else {
      y = net.relu(name + ".relu1", net.convBn(name + ".conv1", y, width, 3, stride, 1));
      y = net.convBn(name + ".conv2", y, out, 3, 1, 1);
    }
    boolean same = stride == 1 && x.shape().dim(1) == out;
    Value shortcut = same ? x : net.convBn(name + ".downsample", x, out, 1, stride, 1);
    return net.relu(name + ".relu", net.add(name + ".add", y, shortcut));
  }
}
