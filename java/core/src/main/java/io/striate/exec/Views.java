package io.striate.exec;

import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.op.Concat;
import io.striate.op.Dropout;
import io.striate.op.Flatten;
import io.striate.op.GlobalPool;
import io.striate.op.Identity;
import io.striate.op.Reshape;
import io.striate.op.Slice;
import io.striate.op.Split;
import io.striate.op.Squeeze;
import io.striate.op.Transpose;
import io.striate.op.Unsqueeze;
import io.striate.op.ViewOp;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The results of view ops as other shapes and strides over their operand's memory. */
final class Views {
  private Views() {}

  /**
   * Places the results of a view node.
   *
   * @param place where an operand lies
   * @param dense where it lies in dense row-major order, copying it if need be
   */
  static List<Placement> of(
      Node node, Function<Value, Placement> place, Function<Value, Placement> dense) {
    Value x = node.inputs().get(0);
    return switch ((ViewOp) node.op()) {
      case Identity op -> List.of(place.apply(x));
      case Dropout op -> List.of(place.apply(x));
      case Flatten op -> List.of(reshaped(dense.apply(x), node.output().shape()));
      case Reshape op -> List.of(reshaped(dense.apply(x), node.output().shape()));
      case Squeeze op -> List.of(regrouped(place.apply(x), node.output().shape()));
      case Unsqueeze op -> List.of(regrouped(place.apply(x), node.output().shape()));
      case Transpose op -> {
        Placement p = place.apply(x);
        Layout l = p.desc().layout();
        long[] strides = op.perm().stream().mapToLong(l::stride).toArray();
        yield List.of(view(p, node.output().shape(), Layout.of(l.offset(), strides)));
      }
      case Slice op -> List.of(sliced(place.apply(x), op, node.output().shape()));
      case Split op -> {
        Placement p = place.apply(x);
        int axis = x.shape().axis(op.axis());
        Layout at = p.desc().layout();
        List<Placement> parts = new ArrayList<>();
        for (Value v : node.outputs()) {
          parts.add(view(p, v.shape(), at));
          at = at.shifted(v.shape().dim(axis) * at.stride(axis));
        }
        yield parts;
      }
      case Concat op -> throw new IllegalStateException("concat is not a view");
      case GlobalPool op -> throw new IllegalStateException("global_pool should have become pool");
    };
  }

  private static Placement view(Placement p, Shape shape, Layout layout) {
    return new Placement(p.buffer(), new TensorDesc(p.desc().dtype(), shape, layout));
  }

  private static Placement reshaped(Placement p, Shape shape) {
    return view(p, shape, Layout.rowMajor(shape).shifted(p.desc().layout().offset()));
  }

  /** The same dimensions with ones put in or left out: strides of the others stay. */
  private static Placement regrouped(Placement p, Shape shape) {
    Shape from = p.desc().shape();
    long[] strides = new long[shape.rank()];
    int next = 0;
    for (int i = 0; i < strides.length; i++) {
      if (shape.dim(i) == 1) {
        strides[i] = 1;
        continue;
      }
      while (from.dim(next) == 1) {
        next++;
      }
      strides[i] = p.desc().layout().stride(next++);
    }
    return view(p, shape, Layout.of(p.desc().layout().offset(), strides));
  }

  private static Placement sliced(Placement p, Slice op, Shape shape) {
    Shape from = p.desc().shape();
    Layout layout = p.desc().layout();
    long[] strides = layout.strides();
    long offset = layout.offset();
    for (int i = 0; i < op.axes().size(); i++) {
      int axis = from.axis(op.axes().get(i));
      offset += op.start(from, i) * layout.stride(axis);
      strides[axis] = layout.stride(axis) * op.steps().get(i);
    }
    return view(p, shape, Layout.of(offset, strides));
  }
}
