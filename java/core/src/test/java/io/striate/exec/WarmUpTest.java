package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.zoo.Zoo;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private final AtomicLong now = new AtomicLong(1_000);
  private int runs;

  private Duration run(java.util.function.IntToLongFunction nanos) {
    return WarmUp.run(() -> now.addAndGet(nanos.applyAsLong(runs++)), now::get);
  }

  @Test
  void endsWhenRunsBecomeNoFaster() {
    // Faster by a tenth for ten runs of about a millisecond, then steady.
    Duration best = run(i -> Math.max(1_000_000, 2_000_000 - i * 100_000L));
    assertEquals(Duration.ofMillis(1), best);
    assertEquals(11 + WarmUp.STEADY_NANOS / 1_000_000, runs);
  }

  @Test
  void endsInTimeThoughRunsBecomeFasterForEver() {
    run(i -> 1_000_000_000L >> Math.min(i, 25));
    assertTrue(now.get() < 2 * WarmUp.MOST_NANOS + 1_000, "took " + now.get());
  }

  @Test
  void runsAFewTimesHoweverSlow() {
    assertEquals(Duration.ofSeconds(60), run(i -> 60_000_000_000L));
    assertEquals(WarmUp.LEAST_RUNS, runs);
  }

  @Test
  void aModelWarmsUpAndSaysWhenItIsClosed() {
    CompiledModel model =
        Zoo.seeded("lenet5", 1).compile(Options.defaults().strategy("scalar").threads(1));
    assertTrue(model.warmUp().toNanos() > 0);
    model.close();
    assertThrows(IllegalStateException.class, model::warmUp);
  }
}
