package io.striate.exec;

import io.striate.op.Kernel;
import java.util.List;

/** A step with its kernel and the refusals of the providers that were asked before. */
record CompiledStep(Step step, String provider, Kernel kernel, List<String> refusals) {
  CompiledStep {
    refusals = List.copyOf(refusals);
  }

  /** Whether several threads are sooner done with it than one. */
  boolean isWorthSharing() {
    return kernel.tiles() > 1 && StepWork.nanos(step, provider) >= StepWork.WORTH_SHARING_NANOS;
  }
}
