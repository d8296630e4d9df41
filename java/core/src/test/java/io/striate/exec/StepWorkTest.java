package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.nn.Model;
import io.striate.nn.Network;
import io.striate.zoo.Zoo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which steps are shared between threads is decided when compiling, from shapes. */
class StepWorkTest {
  private static Model convolution(long size) {
    return Network.named("one").input(16, size, size).conv2d(16, 3).build();
  }

  @Test
  void smallStepsRunOnTheCaller() {
    Options options = Options.defaults().threads(2);
    try (CompiledModel small = convolution(4).compile(options);
        CompiledModel large = convolution(56).compile(options)) {
      assertTrue(small.pool().isEmpty(), "4×4 is not worth a hand-off");
      assertTrue(large.pool().isPresent(), "56×56 is");
      assertTrue(large.steps().stream().anyMatch(CompiledStep::isWorthSharing));
    }
  }

  @Test
  void theDecisionDoesNotDependOnThreads() {
    Model net = Zoo.seeded("lenet5", 1);
    List<Boolean> before = null;
    for (int threads : new int[] {1, 2, 7}) {
      try (CompiledModel model =
          net.compile(Options.defaults().strategy("scalar").threads(threads).batch(4))) {
        List<Boolean> shared = model.steps().stream().map(CompiledStep::isWorthSharing).toList();
        assertEquals(before == null ? shared : before, shared);
        before = shared;
      }
    }
    assertFalse(before.isEmpty());
  }
}
