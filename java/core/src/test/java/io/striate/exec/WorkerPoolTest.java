package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.TileTask;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkerPoolTest {
  private static MemorySegment[] scratch(int threads) {
    MemorySegment[] s = new MemorySegment[threads];
    Arrays.fill(s, MemorySegment.NULL);
    return s;
  }

  private static WorkerPool pool(int threads) {
    return new WorkerPool(threads, Optional.empty(), new Cores(threads));
  }

  private static void runsEachTileOnce(WorkerPool pool, int tiles, int threads) {
    AtomicIntegerArray hits = new AtomicIntegerArray(tiles);
    TileTask count =
        (first, last, memory) -> {
          for (int i = first; i < last; i++) {
            hits.incrementAndGet(i);
          }
        };
    pool.run(count, tiles, scratch(threads));
    for (int i = 0; i < tiles; i++) {
      assertEquals(1, hits.get(i), "tile " + i + " of " + tiles);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS), "the other side never came");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Thread> workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().startsWith("striate-worker") && t.isAlive())
        .toList();
  }

  /** Workers of pools of earlier tests may still be on their way out. */
  private static List<Thread> startedSince(List<Thread> before) {
    return workers().stream().filter(t -> !before.contains(t)).toList();
  }

  @Test
  void everyTileRunsExactlyOnce() {
    SplittableRandom random = new SplittableRandom(5);
    for (int threads = 2; threads <= 5; threads++) {
      try (WorkerPool pool = pool(threads)) {
        assertTrue(pool.tryAcquire());
        for (int job = 0; job < 2000; job++) {
          runsEachTileOnce(pool, 1 + random.nextInt(50), threads);
        }
        pool.release();
      }
    }
  }

  @Test
  void eachThreadHasScratchOfItsOwn() {
    int threads = 4;
    MemorySegment[] scratch = new MemorySegment[threads];
    for (int i = 0; i < threads; i++) {
      scratch[i] = MemorySegment.ofAddress(i);
    }
    AtomicIntegerArray users = new AtomicIntegerArray(threads);
    try (WorkerPool pool = pool(threads)) {
      assertTrue(pool.tryAcquire());
      for (int job = 0; job < 500; job++) {
        pool.run(
            (first, last, memory) -> {
              int slot = (int) memory.address();
              assertEquals(1, users.incrementAndGet(slot), "users of scratch " + slot);
              users.decrementAndGet(slot);
            },
            64,
            scratch);
      }
    }
  }

  @Test
  void onlyOneRunHasThePool() {
    try (WorkerPool pool = pool(2)) {
      assertTrue(pool.tryAcquire());
      assertFalse(pool.tryAcquire());
      pool.release();
      assertTrue(pool.tryAcquire());
    }
  }

  @Test
  void aFailingTileReachesTheCallerAndThePoolGoesOn() {
    try (WorkerPool pool = pool(2)) {
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
        runsEachTileOnce(pool, 8, 2);
      }
    }
  }

  @Test
  void anErrorOfAHelperReachesTheCaller() {
    try (WorkerPool pool = pool(2)) {
      assertTrue(pool.tryAcquire());
      CountDownLatch helped = new CountDownLatch(1);
      Thread caller = Thread.currentThread();
      TileTask task =
          (first, last, memory) -> {
            if (Thread.currentThread().equals(caller)) {
              await(helped);
            } else {
              helped.countDown();
              throw new StackOverflowError("deep");
            }
          };
      var e = assertThrows(StackOverflowError.class, () -> pool.run(task, 2, scratch(2)));
      assertEquals("deep", e.getMessage());
    }
  }

  @Test
  void aLateHelperIsNotWaitedFor() {
    // The helper's thread is held up by a tile of the first job until the caller has done the rest
    // of it; the caller then sleeps until that tile is finished.
    try (WorkerPool pool = pool(2)) {
      assertTrue(pool.tryAcquire());
      Thread caller = Thread.currentThread();
      AtomicInteger byCaller = new AtomicInteger();
      AtomicInteger byHelper = new AtomicInteger();
      CountDownLatch helping = new CountDownLatch(1);
      pool.run(
          (first, last, memory) -> {
            if (Thread.currentThread().equals(caller)) {
              await(helping);
              byCaller.addAndGet(last - first);
            } else {
              helping.countDown();
              while (caller.getState() != Thread.State.WAITING || byCaller.get() == 0) {
                Thread.onSpinWait();
              }
              byHelper.addAndGet(last - first);
            }
          },
          64,
          scratch(2));
      assertEquals(64, byCaller.get() + byHelper.get());
      assertTrue(byCaller.get() >= 48, "the caller takes over from a helper: " + byCaller);
      pool.release();
    }
  }

  @Test
  void anInterruptedCallerFinishesAndStaysInterrupted() {
    try (WorkerPool pool = pool(3)) {
      assertTrue(pool.tryAcquire());
      Thread.currentThread().interrupt();
      for (int job = 0; job < 200; job++) {
        runsEachTileOnce(pool, 20, 3);
      }
      assertTrue(Thread.interrupted());
      pool.release();
    }
  }

  @Test
  void threadsStartWithTheFirstJobAndEndWithThePool() throws InterruptedException {
    List<Thread> before = workers();
    WorkerPool pool = pool(3);
    assertTrue(pool.tryAcquire());
    assertEquals(List.of(), startedSince(before), "no thread before the first job");
    runsEachTileOnce(pool, 30, 3);
    List<Thread> started = startedSince(before);
    assertEquals(2, started.size(), started.toString());
    pool.release();
    pool.close();
    for (Thread t : started) {
      t.join(60_000);
      assertFalse(t.isAlive(), "a worker outlives its pool");
    }
    assertFalse(pool.tryAcquire(), "a closed pool");
  }

  @Test
  void idleWorkersPark() throws InterruptedException {
    List<Thread> before = workers();
    try (WorkerPool pool = pool(2)) {
      assertTrue(pool.tryAcquire());
      runsEachTileOnce(pool, 4, 2);
      // Also while the run goes on without it.
      Thread worker = startedSince(before).getFirst();
      for (int i = 0; i < 6000 && worker.getState() != Thread.State.WAITING; i++) {
        Thread.sleep(10);
      }
      assertEquals(Thread.State.WAITING, worker.getState(), "an idle worker must park");
      pool.release();
    }
  }

  @Test
  void runsThatWantMoreThanTheProcessorsComputeAlone() {
    Cores two = new Cores(2);
    List<Thread> before = workers();
    try (WorkerPool pool = new WorkerPool(2, Optional.empty(), two)) {
      two.enter(2);
      two.enter(2);
      assertTrue(pool.tryAcquire());
      for (int job = 0; job < 20; job++) {
        runsEachTileOnce(pool, 30, 2);
      }
      assertEquals(List.of(), startedSince(before), "a helper while another run wants the core");
      two.leave(2);
      runsEachTileOnce(pool, 30, 2);
      assertEquals(1, startedSince(before).size());
      two.leave(2);
      pool.release();
    }
  }

  @Test
  void coresAreSharedInProportion() {
    Cores eight = new Cores(8);
    eight.enter(8);
    assertEquals(8, eight.width(8));
    eight.enter(1);
    assertEquals(7, eight.width(8));
    assertEquals(1, eight.width(1));
    eight.enter(7);
    assertEquals(4, eight.width(8));
    assertEquals(3, eight.width(7));
    eight.leave(8);
    assertEquals(7, eight.width(7));
    eight.leave(7);
    eight.leave(1);
    eight.enter(20);
    assertEquals(20, eight.width(20), "alone, as many as were asked for");
    eight.enter(20);
    assertEquals(10, eight.width(20));
    for (int i = 0; i < 100; i++) {
      eight.enter(1);
    }
    assertEquals(1, eight.width(2), "at least the caller");
  }
}
