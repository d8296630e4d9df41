package io.striate.exec;

import io.striate.op.Work;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * Estimates how long a step takes on one thread, to decide whether it is worth sharing. An estimate
 * from shapes alone, so that every compilation of a model decides alike; results never depend on
 * it.
 */
final class StepWork {
  static final long WORTH_SHARING_NANOS = 1_500;

  /** Multiply-adds and operand bytes per nanosecond of one core with 512-bit vectors. */
  private static final double FAST_MACS = 50;

  private static final double FAST_BYTES = 40;

  /** The same of the scalar provider's loops in double. */
  private static final double SCALAR_MACS = 1;

  private static final double SCALAR_BYTES = 2;

  private StepWork() {}

  static long nanos(Step step, String provider) {
    boolean scalar = provider.equals("scalar");
    List<Shape> shapes = new ArrayList<>();
    long bytes = bytes(step.output().desc());
    for (Placement p : step.inputs()) {
      shapes.add(p.desc().shape());
      bytes += bytes(p.desc());
    }
    double macs = Work.macs(step.op(), shapes) / (scalar ? SCALAR_MACS : FAST_MACS);
    return Math.round(macs + bytes / (scalar ? SCALAR_BYTES : FAST_BYTES));
  }

  private static long bytes(TensorDesc desc) {
    return desc.shape().elements() * desc.dtype().bytes();
  }
}
