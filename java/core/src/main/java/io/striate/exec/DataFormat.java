package io.striate.exec;

import io.striate.tensor.Layout;
import io.striate.tensor.Shape;

/** How images lie in the memory of inputs and outputs. Logical shapes are N, C, H, W either way. */
public enum DataFormat {
  /** Planes of one channel: ONNX, PyTorch. */
  NCHW,
  /** Pixels of all channels: Keras, image files. Tensors of rank 1 and 2 are dense either way. */
  NHWC;

  /** The dense layout of a tensor of this shape. */
  public Layout layout(Shape shape) {
    return this == NHWC && shape.rank() >= 3 ? Layout.channelsLast(shape) : Layout.rowMajor(shape);
  }
}
