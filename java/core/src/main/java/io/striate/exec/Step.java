package io.striate.exec;

import io.striate.op.KernelOp;
import java.util.List;

/** One kernel call of a plan, before a kernel is chosen. */
record Step(String name, KernelOp op, List<Placement> inputs, Placement output) {
  Step {
    inputs = List.copyOf(inputs);
  }
}
