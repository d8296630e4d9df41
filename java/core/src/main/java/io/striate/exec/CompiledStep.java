package io.striate.exec;

import io.striate.op.Kernel;
import java.util.List;

/** A step with its kernel and the refusals of the providers that were asked before. */
record CompiledStep(Step step, String provider, Kernel kernel, List<String> refusals) {
  CompiledStep {
    refusals = List.copyOf(refusals);
  }
}
