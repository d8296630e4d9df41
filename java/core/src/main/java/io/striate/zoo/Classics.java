package io.striate.zoo;

import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Activation;

/** Architectures that are one chain of layers. */
final class Classics {
  private Classics() {}

  /**
   * LeNet-5 in its modern form: 28×28 grey, padding 2, average pooling, tanh; LeCun et al. 1998.
   */
  static Graph lenet5(long seed) {
    Net net = new Net("lenet5", seed);
    Value x = net.conv("c1", net.input(1, 28), 6, 5, 1, 2);
    x = net.averagePool("s2", net.activation("c1.tanh", x, Activation.TANH), 2, 2);
    x = net.conv("c3", x, 16, 5, 1, 0);
    x = net.averagePool("s4", net.activation("c3.tanh", x, Activation.TANH), 2, 2);
    x = net.activation("c5.tanh", net.conv("c5", x, 120, 5, 1, 0), Activation.TANH);
    x = net.activation("f6.tanh", net.dense("f6", net.flatten("flatten", x), 84), Activation.TANH);
    return net.output(net.dense("logits", x, 10));
  }

  /** AlexNet as torchvision has it (one column, no LRN); Krizhevsky, arXiv:1404.5997. */
  static Graph alexnet(long seed) {
    Net net = new Net("alexnet", seed);
    Value x = net.convRelu("conv1", net.input(3, 224), 64, 11, 4, 2);
    x = net.convRelu("conv2", net.maxPool("pool1", x, 3, 2, 0, false), 192, 5, 1, 2);
    x = net.convRelu("conv3", net.maxPool("pool2", x, 3, 2, 0, false), 384, 3, 1, 1);
    x = net.convRelu("conv4", x, 256, 3, 1, 1);
    x = net.convRelu("conv5", x, 256, 3, 1, 1);
    x = net.flatten("flatten", net.maxPool("pool5", x, 3, 2, 0, false));
    return net.output(classifier(net, x));
  }

  /** VGG-16, configuration D; Simonyan &amp; Zisserman, arXiv:1409.1556. */
  static Graph vgg16(long seed) {
    Net net = new Net("vgg16", seed);
    Value x = net.input(3, 224);
    int[][] blocks = {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}};
    for (int b = 0; b < blocks.length; b++) {
      for (int i = 0; i < blocks[b][1]; i++) {
        x = net.convRelu("conv" + (b + 1) + "_" + (i + 1), x, blocks[b][0], 3, 1, 1);
      }
      x = net.maxPool("pool" + (b + 1), x, 2, 2, 0, false);
    }
    return net.output(classifier(net, net.flatten("flatten", x)));
  }

  private static Value classifier(Net net, Value x) {
    x = net.relu("fc6.relu", net.dense("fc6", net.dropout("drop6", x, 0.5f), 4096));
    x = net.relu("fc7.relu", net.dense("fc7", net.dropout("drop7", x, 0.5f), 4096));
    return net.dense("logits", x, 1000);
  }

  /** SqueezeNet 1.1; Iandola et al., arXiv:1602.07360. */
  static Graph squeezenet(long seed) {
    Net net = new Net("squeezenet1.1", seed);
    Value x = net.convRelu("conv1", net.input(3, 224), 64, 3, 2, 0);
    x = net.maxPool("pool1", x, 3, 2, 0, true);
    x = fire(net, "fire3", fire(net, "fire2", x, 16, 64), 16, 64);
    x = net.maxPool("pool3", x, 3, 2, 0, true);
    x = fire(net, "fire5", fire(net, "fire4", x, 32, 128), 32, 128);
    x = net.maxPool("pool5", x, 3, 2, 0, true);
    x = fire(net, "fire7", fire(net, "fire6", x, 48, 192), 48, 192);
    x = fire(net, "fire9", fire(net, "fire8", x, 64, 256), 64, 256);
    x = net.convRelu("conv10", net.dropout("drop9", x, 0.5f), 1000, 1, 1, 0);
    return net.output(net.flatten("logits", net.globalAveragePool("pool10", x)));
  }

  private static Value fire(Net net, String name, Value x, long squeeze, long expand) {
    Value s = net.convRelu(name + ".squeeze", x, squeeze, 1, 1, 0);
    return net.concat(
        name + ".concat",
        net.convRelu(name + ".expand1x1", s, expand, 1, 1, 0),
        net.convRelu(name + ".expand3x3", s, expand, 3, 1, 1));
  }
}
