package io.striate.op.contract;

import io.striate.op.KernelOp;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** One op on given operands with the result that every provider must come to. */
record Case(String name, KernelOp op, List<Arg> args, Layout dst, Supplier<Expected> expected) {
  Shape dstShape() {
    return op.infer(args.stream().map(Arg::shape).toList()).get(0);
  }

  TensorDesc dstDesc() {
    return TensorDesc.f32(dstShape(), dst);
  }

  /** This case with the expected result kept after the first use. */
  Case computedOnce() {
    AtomicReference<Expected> kept = new AtomicReference<>();
    return new Case(
        name,
        op,
        args,
        dst,
        () -> kept.updateAndGet(known -> known == null ? expected.get() : known));
  }

  /** This case for one image: of the given operands only that index along dimension 0. */
  Case image(int index, List<Integer> batched) {
    List<Arg> sliced = new ArrayList<>(args);
    for (int i : batched) {
      Arg arg = args.get(i);
      int each = arg.data().length / (int) arg.shape().dim(0);
      float[] data = Arrays.copyOfRange(arg.data(), index * each, (index + 1) * each);
      sliced.set(i, new Arg(arg.shape().withDim(0, 1), arg.layout(), data, arg.constant()));
    }
    return new Case(name + " image " + index, op, sliced, dst, expected);
  }

  /** A case whose result is dense. */
  static Case dense(String name, KernelOp op, List<Arg> args, Supplier<Expected> expected) {
    Shape out = op.infer(args.stream().map(Arg::shape).toList()).get(0);
    return new Case(name, op, args, Layout.rowMajor(out), expected);
  }
}
