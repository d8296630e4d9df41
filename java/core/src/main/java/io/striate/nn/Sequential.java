package io.striate.nn;

import io.striate.tensor.Shape;

/**
 * Networks that are one chain of layers.
 *
 * <pre>{@code
 * Model cnn = Sequential.input(28, 28, 1)
 *     .conv2d(32, 3).relu().maxPool2d(2).dropout(0.2f)
 *     .flatten().dense(128).relu().dense(10).softmax().build();
 * }</pre>
 */
public final class Sequential {
  private Sequential() {}

  /**
   * Begins with images. The order is that of Keras; inside, and in {@link Flow#shape()}, channels
   * come first.
   */
  public static Flow input(long height, long width, long channels) {
    return Network.named("sequential").input(channels, height, width);
  }

  /** Begins with vectors of features. */
  public static Flow input(long features) {
    return Network.named("sequential").input(features);
  }

  /** Begins with any input N, C, …; the batch may be {@link Shape#DYNAMIC}. */
  public static Flow input(Shape shape) {
    return Network.named("sequential").input("input", shape);
  }
}
