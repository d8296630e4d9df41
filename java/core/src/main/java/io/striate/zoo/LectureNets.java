package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/** Small networks of lecture notes and demonstrations. */
final class LectureNets {
  private static final Paper PETKOV =
      new Paper(
          "Petkov (after LeCun et al.)",
          "Deep learning and convolutional neural networks",
          "lecture notes, CNN for handwritten digit recognition",
          2017);
  private static final Paper HENNEBERT =
      new Paper(
          "Hennebert & Melchior",
          "Deep architectures",
          "lecture notes TSM-DeLearn, CNN for Fashion-MNIST",
          2020);
  private static final Paper KARPATHY =
      new Paper(
          "Karpathy",
          "ConvNetJS CIFAR-10 demo",
          "cs.stanford.edu/people/karpathy/convnetjs/demo/cifar10.html",
          2014);

  private LectureNets() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "digit_net",
            "Digit net of the lecture notes",
            "Lectures",
            PETKOV,
            List.of(1L, 28L, 28L),
            10,
            LectureNets::digits),
        fashion("fashion_cnn", "Fashion-MNIST CNN", 1),
        fashion("fashion_cnn_deep", "Fashion-MNIST CNN, two blocks", 2),
        Architecture.of(
            "cifar10_convnetjs",
            "ConvNetJS CIFAR-10 demo",
            "Lectures",
            KARPATHY,
            List.of(3L, 32L, 32L),
            10,
            LectureNets::cifar10));
  }

  /**
   * 8 maps of 12×12, 16 filters of 5×5×8 that keep the size, ReLU, the maxima of 3×3 blocks to
   * 4×4×16, ten scores. The notes begin with the maps of 12×12; a convolution 5×5 and pooling 2×2
   * make them from 28×28 pixels, as in the nets they follow.
   */
  private static Flow digits(Flow x, long classes) {
    x = x.named("conv1").conv2d(8, 5).named("relu1").relu().named("pool1").maxPool2d(2);
    x = x.named("conv2").conv2d(16, 5, c -> c.padding(2)).named("relu2").relu();
    x = x.named("pool2").maxPool2d(3).named("flatten").flatten();
    return x.named("fc").dense(classes).named("softmax").softmax();
  }

  /**
   * Keras: blocks of Conv2D 32 3×3, ReLU, MaxPooling2D 2×2, Dropout 0.2; Dense 128, Dense 10 with
   * softmax. One block has 320 + 692,352 + 1,290 = 693,962 parameters. A second one makes the net
   * deeper and smaller: 320 + 9,248 + 102,528 + 1,290 = 113,386.
   */
  private static Architecture fashion(String name, String title, int blocks) {
    return Architecture.of(
        name,
        title,
        "Lectures",
        HENNEBERT,
        List.of(1L, 28L, 28L),
        10,
        (x, classes) -> {
          for (int i = 1; i <= blocks; i++) {
            x = x.named("conv2d_" + i).conv2d(32, 3).named("activation_" + i).relu();
            x = x.named("max_pooling2d_" + i).maxPool2d(2).named("dropout_" + i).dropout(0.2f);
          }
          x = x.named("flatten_1").flatten();
          x = x.named("dense_1").dense(128).named("dense_1.relu").relu();
          return x.named("dense_2").dense(classes).named("dense_2.softmax").softmax();
        });
  }

  /** Three times convolution 5×5 that keeps the size, ReLU, maxima of 2×2; softmax. */
  private static Flow cifar10(Flow x, long classes) {
    int[] filters = {16, 20, 20};
    for (int i = 1; i <= filters.length; i++) {
      x = x.named("conv" + i).conv2d(filters[i - 1], 5, c -> c.padding(2));
      x = x.named("relu" + i).relu().named("pool" + i).maxPool2d(2);
    }
    x = x.named("flatten").flatten();
    return x.named("fc").dense(classes).named("softmax").softmax();
  }
}
