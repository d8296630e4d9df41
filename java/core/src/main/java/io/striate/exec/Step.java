package io.striate.exec;

import io.striate.op.KernelOp;
import java.util.List;
import java.util.stream.Stream;

/** One kernel call of a plan, before a kernel is chosen. */
record Step(String name, KernelOp op, List<Placement> inputs, Placement output) {
  Step {
    inputs = List.copyOf(inputs);
  }

  /** Inputs and output. */
  List<Placement> operands() {
    return Stream.concat(inputs.stream(), Stream.of(output)).toList();
  }
}
