package io.striate.op.contract;

import io.striate.op.KernelOp;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
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

  /** A case whose result is dense. */
  static Case dense(String name, KernelOp op, List<Arg> args, Supplier<Expected> expected) {
    Shape out = op.infer(args.stream().map(Arg::shape).toList()).get(0);
    return new Case(name, op, args, Layout.rowMajor(out), expected);
  }
}
