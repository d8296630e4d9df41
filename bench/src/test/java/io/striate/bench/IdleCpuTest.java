package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import org.junit.jupiter.api.Test;

/** CPU time after the last call. */
class IdleCpuTest {
  @Test
  void aSpinningThreadIsSeen() throws InterruptedException {
    Thread spinner =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  while (!Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                  }
                });
    double busy = IdleCpu.percentOfOneCore();
    spinner.interrupt();
    spinner.join();
    assumeFalse(Double.isNaN(busy), "this system does not tell the CPU time of threads");
    assertTrue(busy > 5, () -> "a spinning thread used " + busy + " % of a core");
  }
}
