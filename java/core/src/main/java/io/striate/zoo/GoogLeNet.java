package io.striate.zoo;

import io.striate.graph.Graph;
import io.striate.graph.Value;

/** GoogLeNet, Inception v1, without auxiliary heads; Szegedy et al., arXiv:1409.4842, table 1. */
final class GoogLeNet {
  private GoogLeNet() {}

  static Graph build(long seed) {
    Net net = new Net("googlenet", seed);
    Value x = net.convRelu("conv1", net.input(3, 224), 64, 7, 2, 3);
    x = net.lrn("norm1", net.maxPool("pool1", x, 3, 2, 0, true));
    x = net.convRelu("conv2.reduce", x, 64, 1, 1, 0);
    x = net.lrn("norm2", net.convRelu("conv2", x, 192, 3, 1, 1));
    x = net.maxPool("pool2", x, 3, 2, 0, true);
    x = inception(net, "3a", x, 64, 96, 128, 16, 32, 32);
    x = inception(net, "3b", x, 128, 128, 192, 32, 96, 64);
    x = net.maxPool("pool3", x, 3, 2, 0, true);
    x = inception(net, "4a", x, 192, 96, 208, 16, 48, 64);
    x = inception(net, "4b", x, 160, 112, 224, 24, 64, 64);
    x = inception(net, "4c", x, 128, 128, 256, 24, 64, 64);
    x = inception(net, "4d", x, 112, 144, 288, 32, 64, 64);
    x = inception(net, "4e", x, 256, 160, 320, 32, 128, 128);
    x = net.maxPool("pool4", x, 3, 2, 0, true);
    x = inception(net, "5a", x, 256, 160, 320, 32, 128, 128);
    x = inception(net, "5b", x, 384, 192, 384, 48, 128, 128);
    x = net.flatten("flatten", net.globalAveragePool("pool5", x));
    return net.output(net.dense("logits", net.dropout("drop", x, 0.4f), 1000));
  }

  private static Value inception(
      Net net, String name, Value x, long c1, long r3, long c3, long r5, long c5, long pool) {
    Value three = net.convRelu(name + ".3x3.reduce", x, r3, 1, 1, 0);
    Value five = net.convRelu(name + ".5x5.reduce", x, r5, 1, 1, 0);
    Value pooled = net.maxPool(name + ".pool", x, 3, 1, 1, false);
    return net.concat(
        name + ".concat",
        net.convRelu(name + ".1x1", x, c1, 1, 1, 0),
        net.convRelu(name + ".3x3", three, c3, 3, 1, 1),
        net.convRelu(name + ".5x5", five, c5, 5, 1, 2),
        net.convRelu(name + ".pool.proj", pooled, pool, 1, 1, 0));
  }
}
