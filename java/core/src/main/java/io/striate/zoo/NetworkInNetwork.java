package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/**
 * Network in network: a perceptron of 1×1 convolutions behind every convolution, and the mean of
 * one map per class in place of fully connected layers; Lin, Chen &amp; Yan, arXiv:1312.4400.
 *
 * <p>The paper gives the form in figure 2 and leaves the widths to its code: these are the models
 * that the authors published for Caffe, and the names of their layers (cccp: cascaded cross channel
 * parametric pooling). Poolings round up, as Caffe does.
 */
final class NetworkInNetwork {
  private static final Paper PAPER =
      new Paper("Lin, Chen & Yan", "Network in network", "arXiv:1312.4400", 2013);

  private NetworkInNetwork() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "nin_cifar10",
            "Network in network, CIFAR-10",
            "Network in network",
            PAPER,
            List.of(3L, 32L, 32L),
            10,
            NetworkInNetwork::cifar10),
        Architecture.of(
            "nin_imagenet",
            "Network in network, ImageNet",
            "Network in network",
            PAPER,
            List.of(3L, 224L, 224L),
            1000,
            NetworkInNetwork::imageNet));
  }

  /** 966,986 parameters. */
  private static Flow cifar10(Flow x, long classes) {
    x = conv(x, "conv1", 192, 5, 1, 2);
    x = conv(conv(x, "cccp1", 160, 1, 1, 0), "cccp2", 96, 1, 1, 0);
    x = x.named("pool1").maxPool2d(3, p -> p.stride(2).ceilMode()).named("drop3").dropout(0.5f);
    x = conv(x, "conv2", 192, 5, 1, 2);
    x = conv(conv(x, "cccp3", 192, 1, 1, 0), "cccp4", 192, 1, 1, 0);
    x = x.named("pool2").averagePool2d(3, p -> p.stride(2).ceilMode());
    x = conv(x.named("drop6").dropout(0.5f), "conv3", 192, 3, 1, 1);
    x = conv(conv(x, "cccp5", 192, 1, 1, 0), "cccp6", classes, 1, 1, 0);
    return x.named("pool3").globalAveragePool().named("flatten").flatten();
  }

  private static Flow imageNet(Flow x, long classes) {
    x = conv(x, "conv1", 96, 11, 4, 0);
    x = conv(conv(x, "cccp1", 96, 1, 1, 0), "cccp2", 96, 1, 1, 0);
    x = conv(pool(x, "pool0"), "conv2", 256, 5, 1, 2);
    x = conv(conv(x, "cccp3", 256, 1, 1, 0), "cccp4", 256, 1, 1, 0);
    x = conv(pool(x, "pool2"), "conv3", 384, 3, 1, 1);
    x = conv(conv(x, "cccp5", 384, 1, 1, 0), "cccp6", 384, 1, 1, 0);
    x = conv(pool(x, "pool3").named("drop").dropout(0.5f), "conv4-1024", 1024, 3, 1, 1);
    x = conv(conv(x, "cccp7-1024", 1024, 1, 1, 0), "cccp8-1024", classes, 1, 1, 0);
    return x.named("pool4").globalAveragePool().named("flatten").flatten();
  }

  private static Flow pool(Flow x, String name) {
    return x.named(name).maxPool2d(3, p -> p.stride(2).ceilMode());
  }

  private static Flow conv(Flow x, String name, long filters, int kernel, int stride, int padding) {
    x = x.named(name).conv2d(filters, kernel, c -> c.stride(stride).padding(padding));
    return x.named("relu_" + name).relu();
  }
}
