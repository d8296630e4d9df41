package io.striate.zoo;

import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Activation;

/**
 * MobileNet v2: inverted residuals over depthwise convolutions; Sandler et al., arXiv:1801.04381,
 * table 2.
 */
final class MobileNet {
  private static final Activation RELU6 = Activation.clip(0, 6);

  private MobileNet() {}

  static Graph v2(long seed) {
    Net net = new Net("mobilenet_v2", seed);
    Value x = relu6(net, "stem", net.convBn("stem", net.input(3, 224), 32, 3, 2, 1));
    int[][] stages = {
      {1, 16, 1, 1},
      {6, 24, 2, 2},
      {6, 32, 3, 2},
      {6, 64, 4, 2},
      {6, 96, 3, 1},
      {6, 160, 3, 2},
      {6, 320, 1, 1}
    };
    int number = 0;
    for (int[] s : stages) {
      for (int i = 0; i < s[2]; i++) {
        x = block(net, "block" + number++, x, s[0], s[1], i == 0 ? s[3] : 1);
      }
    }
    x = relu6(net, "head", net.convBn("head", x, 1280, 1, 1, 1));
    x = net.flatten("flatten", net.globalAveragePool("pool", x));
    return net.output(net.dense("logits", net.dropout("drop", x, 0.2f), 1000));
  }

  private static Value block(Net net, String name, Value x, int expand, long out, int stride) {
    long in = x.shape().dim(1);
    long wide = in * expand;
    Value y = x;
    if (expand > 1) {
      y = relu6(net, name + ".expand", net.convBn(name + ".expand", y, wide, 1, 1, 1));
    }
    int groups = Math.toIntExact(wide);
    y =
        relu6(
            net, name + ".depthwise", net.convBn(name + ".depthwise", y, wide, 3, stride, groups));
    y = net.convBn(name + ".project", y, out, 1, 1, 1);
    return stride == 1 && in == out ? net.add(name + ".add", x, y) : y;
  }

  private static Value relu6(Net net, String name, Value x) {
    return net.activation(name + ".relu6", x, RELU6);
  }
}
