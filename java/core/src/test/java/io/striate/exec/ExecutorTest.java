package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.striate.nn.Model;
import io.striate.nn.Network;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Runs on the threads of a service: whatever its executor does, the result is there. */
class ExecutorTest {
  /** Steps large enough to be shared. */
  private static final Model MODEL =
      Network.named("net")
          .input(8, 64, 64)
          .conv2d(16, 3)
          .relu()
          .conv2d(16, 3)
          .maxPool2d(2)
          .flatten()
          .dense(10)
          .build();

  private static final float[] PIXELS = pixels();
  private static final float[] EXPECTED = expected();

  private static float[] pixels() {
    SplittableRandom random = new SplittableRandom(3);
    float[] x = new float[8 * 64 * 64];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextDouble(-1, 1);
    }
    return x;
  }

  private static float[] expected() {
    try (CompiledModel compiled = MODEL.compile(Options.defaults().threads(1));
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(PIXELS);
      run.run();
      return run.output().toArray();
    }
  }

  private static void runsRight(Executor executor, int runs) {
    try (CompiledModel compiled = MODEL.compile(Options.defaults().threads(3).executor(executor));
        Execution run = compiled.newExecution()) {
      assertTrue(compiled.pool().isPresent(), "steps of this size are shared");
      run.input().copyFrom(PIXELS);
      for (int i = 0; i < runs; i++) {
        run.run();
        assertArrayEquals(EXPECTED, run.output().toArray());
      }
    }
  }

  @Test
  void anExecutorWithThreadsHelps() {
    AtomicInteger tasks = new AtomicInteger();
    try (ExecutorService service = Executors.newFixedThreadPool(2)) {
      runsRight(
          task -> {
            tasks.incrementAndGet();
            service.execute(task);
          },
          100);
    }
    assertTrue(tasks.get() >= 2, "tasks given away: " + tasks);
  }

  @Test
  void virtualThreadsHelp() {
    try (ExecutorService service = Executors.newVirtualThreadPerTaskExecutor()) {
      runsRight(service, 100);
    }
  }

  @Test
  void anExecutorThatRejectsIsDoneWithout() {
    AtomicInteger asked = new AtomicInteger();
    runsRight(
        task -> {
          asked.incrementAndGet();
          throw new RejectedExecutionException("full");
        },
        20);
    assertTrue(asked.get() >= 1 && asked.get() <= 20, "asked once per run: " + asked);
  }

  @Test
  void anExecutorThatRunsTasksOnTheCallerIsDoneWithout() {
    runsRight(Runnable::run, 20);
  }

  @Test
  void aBusyExecutorIsNotWaitedForNorFlooded() throws InterruptedException {
    Queue<Runnable> never = new ArrayDeque<>();
    runsRight(never::add, 50);
    assertEquals(2, never.size(), "at most one task per helper waits");
    never.forEach(Runnable::run); // After close they end at once.

    try (ExecutorService one = Executors.newSingleThreadExecutor()) {
      CountDownLatch free = new CountDownLatch(1);
      one.execute(
          () -> {
            try {
              free.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      runsRight(one, 20);
      free.countDown();
      runsRight(one, 20);
    }
  }

  @Test
  void theCallerMayBeTheOnlyThreadOfTheExecutor() throws Exception {
    try (ExecutorService one = Executors.newSingleThreadExecutor()) {
      one.submit(() -> runsRight(one, 20)).get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void nothingIsAllocatedBesideWhatTheExecutorAllocates() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (CompiledModel compiled = MODEL.compile(Options.defaults().threads(2).executor(r -> {}));
        Execution run = compiled.newExecution()) {
      long least = Long.MAX_VALUE;
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (least > 0 && System.nanoTime() < end) {
        long before = threads.getCurrentThreadAllocatedBytes();
        run.run();
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertEquals(0, least);
    }
  }
}
