package io.striate.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class BatchPlanTest {
  private static final List<Integer> SIZES = List.of(1, 2, 4, 8);

  @Test
  void splitsWhereTimeGrowsWithTheBatch() {
    BatchPlan plan = BatchPlan.of(SIZES, List.of(10L, 20L, 40L, 80L), 8);
    assertEquals(List.of(2, 1), plan.runs(3));
    assertEquals(List.of(4, 2, 1), plan.runs(7));
    assertEquals(List.of(8), plan.runs(8));
  }

  @Test
  void padsWhereALargerRunCostsLittleMore() {
    BatchPlan plan = BatchPlan.of(SIZES, List.of(10L, 11L, 12L, 13L), 8);
    assertEquals(List.of(1), plan.runs(1));
    assertEquals(List.of(4), plan.runs(3));
    assertEquals(List.of(8), plan.runs(5));
    assertEquals(List.of(8, 1), BatchPlan.of(SIZES, List.of(2L, 11L, 12L, 13L), 9).runs(9));
  }

  @Test
  void everyBatchIsCoveredAndNoRunIsEmpty() {
    SplittableRandom random = new SplittableRandom(9);
    for (int round = 0; round < 200; round++) {
      List<Integer> sizes = new ArrayList<>();
      List<Long> nanos = new ArrayList<>();
      for (int s = 1 + random.nextInt(3); s <= 16; s += 1 + random.nextInt(6)) {
        sizes.add(s);
        nanos.add(1 + random.nextLong(1000));
      }
      BatchPlan plan = BatchPlan.of(sizes, nanos, 16);
      for (int n = 1; n <= 16; n++) {
        int sum = plan.runs(n).stream().mapToInt(Integer::intValue).sum();
        assertTrue(sum >= n, sizes + " for " + n + ": " + plan.runs(n));
        assertTrue(sum - plan.runs(n).getLast() < n, "an empty run: " + plan.runs(n));
      }
    }
  }

  @Test
  void policiesAreChecked() {
    BatchPolicy policy = BatchPolicy.defaults();
    assertEquals(List.of(1, 2, 4, 6), policy.maxBatch(6).sizes());
    assertEquals(List.of(1), policy.maxBatch(1).sizes());
    fails("maxBatch is 0", () -> policy.maxBatch(0));
    fails("queueCapacity is 0", () -> policy.queueCapacity(0));
    fails("workers is 0", () -> policy.workers(0));
    fails("PT-1S", () -> policy.maxDelay(Duration.ofSeconds(-1)));
    fails("[2, 1]", () -> policy.sizes(List.of(2, 1)));
    fails("[16]", () -> policy.sizes(List.of(16)));
    fails("empty", () -> policy.sizes(List.of()));
  }

  private static void fails(String part, Runnable code) {
    var e = Assertions.assertThrows(IllegalArgumentException.class, code::run);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
