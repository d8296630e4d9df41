package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.nn.Model;
import io.striate.zoo.Zoo;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AsyncRunTest {
  private static final Model LENET = Zoo.seeded("lenet5", 1);

  private static float[] pixels(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[28 * 28];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble();
    }
    return values;
  }

  private static float[] expected(float[] pixels) {
    try (CompiledModel compiled = LENET.compile(Options.defaults().threads(1));
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(pixels);
      run.run();
      return run.output().toArray();
    }
  }

  /** An executor that runs nothing before it is told to. */
  private static final class Gate implements java.util.concurrent.Executor {
    final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    final Semaphore arrived = new Semaphore(0);

    @Override
    public void execute(Runnable task) {
      waiting.add(task);
      arrived.release();
    }

    void open() {
      for (Runnable r = waiting.poll(); r != null; r = waiting.poll()) {
        r.run();
      }
    }
  }

  @Test
  void computesWhatRunComputes() {
    for (int threads = 1; threads <= 2; threads++) {
      try (CompiledModel compiled = LENET.compile(Options.defaults().threads(threads))) {
        List<Execution> runs = new ArrayList<>();
        List<CompletableFuture<float[]>> results = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          Execution run = compiled.newExecution();
          runs.add(run);
          run.input().copyFrom(pixels(i));
          results.add(run.runAsync().thenApply(x -> run.output().toArray()));
        }
        for (int i = 0; i < 20; i++) {
          assertArrayEquals(expected(pixels(i)), results.get(i).join());
        }
        runs.forEach(Execution::close);
      }
    }
  }

  @Test
  void virtualThreadsWaitWithoutCarriers() throws InterruptedException {
    Gate gate = new Gate();
    int waiters = 4 * Runtime.getRuntime().availableProcessors() + 4;
    float[] x = pixels(1);
    float[] expected = expected(x);
    List<Throwable> failures = new ArrayList<>();
    try (CompiledModel compiled = LENET.compile(Options.defaults().threads(1).executor(gate))) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < waiters; i++) {
        threads.add(
            Thread.startVirtualThread(
                () -> {
                  try (Execution run = compiled.newExecution()) {
                    run.input().copyFrom(x);
                    run.runAsync().join();
                    assertArrayEquals(expected, run.output().toArray());
                  } catch (Throwable t) {
                    synchronized (failures) {
                      failures.add(t);
                    }
                  }
                }));
      }
      assertTrue(gate.arrived.tryAcquire(waiters, 60, TimeUnit.SECONDS));
      // More threads wait than there are carriers, and still another one gets through.
      Thread probe = Thread.startVirtualThread(() -> {});
      assertTrue(probe.join(java.time.Duration.ofSeconds(60)));
      gate.open();
      for (Thread t : threads) {
        assertTrue(t.join(java.time.Duration.ofSeconds(60)));
      }
    }
    assertEquals(List.of(), failures);
  }

  @Test
  void theExecutionIsBusyUntilTheResultIsThere() {
    Gate gate = new Gate();
    try (CompiledModel compiled = LENET.compile(Options.defaults().threads(1).executor(gate));
        Execution run = compiled.newExecution()) {
      CompletableFuture<Void> first = run.runAsync();
      assertThrows(IllegalStateException.class, run::run);
      assertThrows(IllegalStateException.class, run::runAsync);
      // Free again when what depends on the result runs.
      CompletableFuture<Void> again = first.thenCompose(x -> run.runAsync());
      gate.open();
      assertTrue(first.isDone());
      gate.open();
      assertTrue(again.isDone() && !again.isCompletedExceptionally());
      run.run();
    }
  }

  @Test
  void cancelWithdrawsARunThatHasNotBegun() {
    Gate gate = new Gate();
    float[] x = pixels(2);
    try (CompiledModel compiled = LENET.compile(Options.defaults().threads(1).executor(gate));
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(x);
      CompletableFuture<Void> result = run.runAsync();
      assertTrue(result.cancel(true));
      assertTrue(result.cancel(true), "as CompletableFuture: true once it is cancelled");
      assertThrows(CancellationException.class, result::join);
      run.run();
      assertArrayEquals(expected(x), run.output().toArray());
      float[] zero = new float[x.length];
      run.input().copyFrom(zero);
      gate.open();
      assertArrayEquals(expected(x), run.output().toArray(), "the withdrawn run ran");
    }
  }

  @Test
  void aRunThatHasBegunFinishes() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    Gate gate = new Gate();
    try (CompiledModel compiled =
            LENET.compile(Options.defaults().threads(1).strategy("scalar").executor(gate));
        Execution run = compiled.newExecution()) {
      CompletableFuture<Void> result = run.runAsync();
      Thread thread =
          new Thread(
              () -> {
                begun.countDown();
                gate.open();
              });
      thread.start();
      begun.await();
      boolean withdrawn = result.cancel(false);
      thread.join();
      assertEquals(withdrawn, result.isCancelled());
      assertTrue(result.isDone());
      assertEquals(withdrawn, result.isCompletedExceptionally());
      run.run();
    }
  }

  @Test
  void closeLetsAnAcceptedRunTakePlace() {
    Gate gate = new Gate();
    CompiledModel compiled = LENET.compile(Options.defaults().threads(1).executor(gate));
    Execution run = compiled.newExecution();
    CompletableFuture<Void> result = run.runAsync();
    compiled.close();
    run.close();
    gate.open();
    result.join();
    assertThrows(IllegalStateException.class, run::runAsync);
  }

  @Test
  void aRejectedRunFailsAndFreesTheExecution() {
    Options options =
        Options.defaults()
            .threads(1)
            .executor(
                task -> {
                  throw new RejectedExecutionException("full");
                });
    try (CompiledModel compiled = LENET.compile(options);
        Execution run = compiled.newExecution()) {
      CompletionException e = assertThrows(CompletionException.class, () -> run.runAsync().join());
      assertInstanceOf(RejectedExecutionException.class, e.getCause());
      run.run();
    }
  }

  @Test
  void manyAsynchronousRunsAndCloses() throws Exception {
    float[] x = pixels(4);
    float[] expected = expected(x);
    for (int round = 0; round < 20; round++) {
      CompiledModel compiled = LENET.compile(Options.defaults().threads(1 + round % 2));
      List<Execution> runs = new ArrayList<>();
      List<CompletableFuture<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Execution run = compiled.newExecution();
        run.input().copyFrom(x);
        runs.add(run);
        results.add(run.runAsync().thenApply(v -> run.output().toArray()));
      }
      compiled.close();
      for (CompletableFuture<float[]> result : results) {
        assertArrayEquals(expected, result.get(60, TimeUnit.SECONDS));
      }
      runs.forEach(Execution::close);
    }
  }
}
