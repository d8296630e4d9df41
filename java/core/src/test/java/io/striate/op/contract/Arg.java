package io.striate.op.contract;

import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;

/**
 * One operand of a case.
 *
 * @param data values in row-major order of the logical shape
 * @param constant whether the provider gets it when the kernel is created
 */
record Arg(Shape shape, Layout layout, float[] data, boolean constant) {
  static Arg of(Shape shape, Layout layout, float... data) {
    return new Arg(shape, layout, data, false);
  }

  /** A dense operand given at run. */
  static Arg dense(Shape shape, float... data) {
    return new Arg(shape, Layout.rowMajor(shape), data, false);
  }

  Arg asConstant() {
    return new Arg(shape, layout, data, true);
  }

  TensorDesc desc() {
    return TensorDesc.f32(shape, layout);
  }
}
