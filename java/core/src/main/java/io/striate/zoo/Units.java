package io.striate.zoo;

import io.striate.nn.ConvOptions;
import io.striate.nn.Flow;
import java.util.List;
import java.util.function.UnaryOperator;

/** Groups of layers that several families are made of. */
final class Units {
  /** The input of most ImageNet networks. */
  static final List<Long> IMAGE_224 = List.of(3L, 224L, 224L);

  /** Classes of ImageNet. */
  static final long IMAGENET = 1000;

  /** Batch normalisation's epsilon in TensorFlow's Inception networks, and in torchvision's. */
  private static final float INCEPTION_EPSILON = 1e-3f;

  private Units() {}

  /** A convolution without bias and a batch normalisation; padding keeps the size at stride 1. */
  static Flow convBn(Flow x, String conv, String bn, long filters, int kernel, int stride) {
    return convBn(x, conv, bn, filters, kernel, c -> c.stride(stride).padding(kernel / 2));
  }

  /** A convolution without bias and a batch normalisation. */
  static Flow convBn(
      Flow x,
      String conv,
      String bn,
      long filters,
      int kernel,
      UnaryOperator<ConvOptions> options) {
    return x.named(conv)
        .conv2d(filters, kernel, c -> options.apply(c).withoutBias())
        .named(bn)
        .batchNorm();
  }

  /** Inception's convolution of a square window: {@link #unit(Flow, String, long, List, Slide)}. */
  static Flow unit(Flow x, String name, long filters, int kernel, Slide slide) {
    return unit(x, name, filters, List.of(kernel, kernel), slide);
  }

  /** Inception's convolution at stride 1 that keeps the size. */
  static Flow unit(Flow x, String name, long filters, int kernel) {
    return unit(x, name, filters, kernel, Slide.SAME);
  }

  /** Inception's convolution of a flat window at stride 1 that keeps the size. */
  static Flow unit(Flow x, String name, long filters, int height, int width) {
    return unit(x, name, filters, List.of(height, width), Slide.SAME);
  }

  /**
   * Inception's convolution: layers {@code name.conv} without bias, {@code name.bn} and {@code
   * name.relu}.
   */
  private static Flow unit(Flow x, String name, long filters, List<Integer> kernel, Slide slide) {
    Integer[] padding = kernel.stream().map(k -> slide.padded ? k / 2 : 0).toArray(Integer[]::new);
    return x.named(name + ".conv")
        .conv(filters, kernel, c -> c.stride(slide.stride).padding(padding).withoutBias())
        .named(name + ".bn")
        .batchNorm(INCEPTION_EPSILON)
        .named(name + ".relu")
        .relu();
  }

  /** How an Inception convolution moves. */
  enum Slide {
    /** Stride 1, the size stays. */
    SAME(1, true),
    /** Stride 1, no padding. */
    VALID(1, false),
    /** Stride 2, no padding. */
    HALF(2, false),
    /** Stride 2, padding of half the window. */
    HALF_PADDED(2, true);

    private final int stride;
    private final boolean padded;

    Slide(int stride, boolean padded) {
      this.stride = stride;
      this.padded = padded;
    }
  }

  /** Global means, flattened: layers {@code pool} and {@code flatten}. */
  static Flow pooled(Flow x, String pool) {
    return x.named(pool).globalAveragePool().named("flatten").flatten();
  }
}
