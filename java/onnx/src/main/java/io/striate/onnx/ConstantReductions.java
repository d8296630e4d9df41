package io.striate.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;

/** Constant evaluation of reductions. */
final class ConstantReductions {
  private ConstantReductions() {}

  static List<HostTensor> reduceSum(ConstantOperands o) {
    return reduce(o, 13, Double::sum, Long::sum, false);
  }

  static List<HostTensor> reduceMean(ConstantOperands o) {
    return reduce(o, 18, Double::sum, Long::sum, true);
  }

  static List<HostTensor> reduceProd(ConstantOperands o) {
    return reduce(o, 18, (a, b) -> a * b, (a, b) -> a * b, false);
  }

  static List<HostTensor> reduceMax(ConstantOperands o) {
    return reduce(o, 18, Math::max, Math::max, false);
  }

  static List<HostTensor> reduceMin(ConstantOperands o) {
    return reduce(o, 18, Math::min, Math::min, false);
  }

  private static List<HostTensor> reduce(
      ConstantOperands o,
      int inputSince,
      DoubleBinaryOperator real,
      LongBinaryOperator whole,
      boolean mean) {
    HostTensor x = o.get(0);
    long[] axes = ConstantShapes.axes(o, inputSince, new long[0]);
    boolean keep = o.attributes().flag("keepdims", true);
    boolean noop = o.opset() >= inputSince && o.attributes().flag("noop_with_empty_axes", false);
    if (axes.length == 0 && noop) {
      return List.of(x);
    }
    boolean[] reduced = ConstantShapes.mask(axes, x.rank());
    if (axes.length == 0) {
      Arrays.fill(reduced, true);
    }
    int rank = x.rank();
    long[] kept = x.dims();
    for (int i = 0; i < rank; i++) {
      if (reduced[i]) {
        kept[i] = 1;
      }
    }
    int total = (int) HostTensor.elements(kept);
    if (x.count() == 0 || total == 0) {
      throw new IllegalArgumentException(x + " is empty and cannot be reduced");
    }
    o.spend(x.dims());
    HostTensor shape = HostTensor.ofInts(ElementType.INT64, kept, new long[total]);
    long[] into = ConstantArithmetic.broadcastStrides(shape, x.dims());
    long[] where = numbers(x, into);
    double[] sums = new double[total];
    long[] longs = new long[total];
    boolean[] started = new boolean[total];
    for (int i = 0; i < x.count(); i++) {
      int to = (int) where[i];
      if (x.isFloat()) {
        double v = x.floats()[i];
        sums[to] = started[to] ? real.applyAsDouble(sums[to], v) : v;
      } else {
        long v = x.ints()[i];
        longs[to] = started[to] ? whole.applyAsLong(longs[to], v) : v;
      }
      started[to] = true;
    }
    int each = x.count() / total;
    List<Long> dims = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      if (keep || !reduced[i]) {
        dims.add(kept[i]);
      }
    }
    long[] outDims = dims.stream().mapToLong(Long::longValue).toArray();
    if (!x.isFloat()) {
      for (int i = 0; i < total; i++) {
        longs[i] = ElementType.wrap(x.type(), mean ? longs[i] / each : longs[i]);
      }
      return List.of(HostTensor.ofInts(x.type(), outDims, longs));
    }
    float[] out = new float[total];
    for (int i = 0; i < total; i++) {
      out[i] = ElementType.round(x.type(), (float) (mean ? sums[i] / each : sums[i]));
    }
    return List.of(HostTensor.ofFloats(x.type(), outDims, out));
  }

  /** For every element in row-major order, Σ index·stride. */
  private static long[] numbers(HostTensor x, long[] strides) {
    long[] out = new long[x.count()];
    long[] index = new long[x.rank()];
    for (int i = 0; i < out.length; i++) {
      long at = 0;
      for (int axis = 0; axis < index.length; axis++) {
        at += index[axis] * strides[axis];
      }
      out[i] = at;
      for (int axis = index.length - 1; axis >= 0 && ++index[axis] == x.dim(axis); axis--) {
        index[axis] = 0;
      }
    }
    return out;
  }
}
