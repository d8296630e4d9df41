package io.striate.io;

import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;

/**
 * Walks a tensor in row-major order of its logical shape, one run of the last dimension at a time.
 */
final class Rows {
  /**
   * Receives the run of elements {@code first, first + step, …}; {@code index} counts elements
   * before the run.
   */
  @FunctionalInterface
  interface Run {
    void accept(long first, long step, long count, long index);
  }

  private Rows() {}

  static void forEach(TensorDesc desc, Run run) {
    Shape shape = desc.shape();
    Layout layout = desc.layout();
    if (layout.isRowMajor(shape)) {
      run.accept(layout.offset(), 1, shape.elements(), 0);
    } else {
      walk(desc, 0, layout.offset(), 0, run);
    }
  }

  private static long walk(TensorDesc desc, int axis, long at, long index, Run run) {
    long size = desc.shape().dim(axis);
    long stride = desc.layout().stride(axis);
    if (axis == desc.shape().rank() - 1) {
      run.accept(at, stride, size, index);
      return index + size;
    }
    for (long i = 0; i < size; i++) {
      index = walk(desc, axis + 1, at + i * stride, index, run);
    }
    return index;
  }
}
