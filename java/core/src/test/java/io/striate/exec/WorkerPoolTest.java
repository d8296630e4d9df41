package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkerPoolTest {
  private static MemorySegment[] scratch(int threads) {
    MemorySegment[] s = new MemorySegment[threads];
    Arrays.fill(s, MemorySegment.NULL);
    return s;
  }

  @Test
  void everyTileRunsExactlyOnce() {
    SplittableRandom random = new SplittableRandom(5);
    for (int threads = 2; threads <= 4; threads++) {
      try (WorkerPool pool = new WorkerPool(threads)) {
        assertTrue(pool.tryAcquire());
        for (int job = 0; job < 2000; job++) {
          int tiles = 1 + random.nextInt(50);
          AtomicIntegerArray hits = new AtomicIntegerArray(tiles);
          pool.run(
              (first, last, memory) -> {
                for (int i = first; i < last; i++) {
                  hits.incrementAndGet(i);
                }
              },
              tiles,
              scratch(threads));
          for (int i = 0; i < tiles; i++) {
            assertEquals(1, hits.get(i), "tile " + i + " of job " + job);
          }
        }
        pool.release();
      }
    }
  }

  @Test
  void onlyOneRunHasThePool() {
    try (WorkerPool pool = new WorkerPool(2)) {
      assertTrue(pool.tryAcquire());
      assertFalse(pool.tryAcquire());
      pool.release();
      assertTrue(pool.tryAcquire());
    }
  }

  @Test
  void aFailingTileReachesTheCallerAndThePoolGoesOn() {
    try (WorkerPool pool = new WorkerPool(2)) {
      assertTrue(pool.tryAcquire());
      for (int round = 0; round < 50; round++) {
        IllegalStateException e =
            assertThrows(
                IllegalStateException.class,
                () ->
                    pool.run(
                        (first, last, memory) -> {
                          throw new IllegalStateException("tile");
                        },
                        8,
                        scratch(2)));
        assertEquals("tile", e.getMessage());
        AtomicIntegerArray hits = new AtomicIntegerArray(1);
        pool.run((first, last, memory) -> hits.addAndGet(0, last - first), 8, scratch(2));
        assertEquals(8, hits.get(0));
      }
    }
  }

  @Test
  void idleWorkersPark() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(2)) {
      assertTrue(pool.tryAcquire());
      pool.run((first, last, memory) -> {}, 4, scratch(2));
      pool.release();
      Thread worker =
          Thread.getAllStackTraces().keySet().stream()
              .filter(t -> t.getName().startsWith("striate-worker") && t.isAlive())
              .findAny()
              .orElseThrow();
      for (int i = 0; i < 200 && worker.getState() != Thread.State.WAITING; i++) {
        Thread.sleep(10);
      }
      assertEquals(Thread.State.WAITING, worker.getState(), "an idle worker must park");
    }
  }
}
