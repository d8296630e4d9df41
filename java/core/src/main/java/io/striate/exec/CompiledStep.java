package io.striate.exec;

import io.striate.op.Kernel;
import java.util.List;
import java.util.Optional;

/**
 * A step with its kernel.
 *
 * @param refusals why providers and kernels that come before it were passed over
 * @param tuned the times of the kernel and its rivals, if they were measured
 */
record CompiledStep(
    Step step, String provider, Kernel kernel, List<String> refusals, Optional<String> tuned) {
  CompiledStep {
    refusals = List.copyOf(refusals);
  }

  /** Whether several threads are sooner done with it than one. */
  boolean isWorthSharing() {
    return kernel.tiles() > 1 && StepWork.nanos(step, provider) >= StepWork.WORTH_SHARING_NANOS;
  }
}
