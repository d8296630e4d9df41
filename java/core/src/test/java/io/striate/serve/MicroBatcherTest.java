package io.striate.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.nn.Model;
import io.striate.nn.Network;
import io.striate.op.Activation;
import io.striate.op.Reduce;
import io.striate.op.Unary;
import io.striate.tensor.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Deterministic: the clock stands still unless a test moves it, and workers are held up by stages
 * that wait for a latch.
 */
@Timeout(120)
class MicroBatcherTest {
  private static final Model MODEL =
      Network.named("net")
          .input(3, 12, 12)
          .conv2d(8, 3)
          .relu()
          .maxPool2d(2)
          .flatten()
          .dense(5)
          .build();

  private static final Options OPTIONS = Options.defaults().threads(1);

  /** Batches begin when 4 requests wait, or when the test lets an hour pass. */
  private static final BatchPolicy POLICY =
      BatchPolicy.defaults()
          .maxBatch(4)
          .maxDelay(Duration.ofHours(1))
          .queueCapacity(4)
          .sizes(List.of(1, 4));

  private final AtomicLong clock = new AtomicLong(17);

  private MicroBatcher open(BatchPolicy policy) {
    return MicroBatcher.open(MODEL.graph(), OPTIONS, policy, clock::get);
  }

  private void pass(MicroBatcher batcher, Duration time) {
    clock.addAndGet(time.toNanos());
    batcher.clockChanged();
  }

  private static float[] image(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] x = new float[3 * 12 * 12];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextDouble(-1, 1);
    }
    return x;
  }

  private static float[] alone(float[] image) {
    try (CompiledModel model = MODEL.compile(OPTIONS);
        Execution run = model.newExecution()) {
      run.input().copyFrom(image);
      run.run();
      return run.output().toArray();
    }
  }

  private static <T> T get(CompletableFuture<T> answer) throws Exception {
    return answer.get(60, TimeUnit.SECONDS);
  }

  private static Throwable failure(CompletableFuture<?> answer) {
    return assertThrows(ExecutionException.class, () -> answer.get(60, TimeUnit.SECONDS))
        .getCause();
  }

  /**
   * Submits a request whose answer keeps the worker busy until the latch is open. The batcher must
   * have a delay: were the answer there before the stage that waits, the test would wait itself.
   */
  private CompletableFuture<Void> block(MicroBatcher batcher, CountDownLatch open)
      throws InterruptedException {
    CountDownLatch busy = new CountDownLatch(1);
    CompletableFuture<Void> done =
        batcher
            .submit(image(99))
            .thenAccept(
                x -> {
                  busy.countDown();
                  try {
                    open.await();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                });
    pass(batcher, Duration.ofHours(2));
    busy.await();
    return done;
  }

  @Test
  void anyBatchGivesTheBitsOfASingleRun() throws Exception {
    for (int max = 1; max <= 6; max++) {
      BatchPolicy policy = POLICY.maxBatch(max).queueCapacity(100);
      try (MicroBatcher batcher = open(policy)) {
        for (int n = 1; n <= max; n++) {
          List<CompletableFuture<float[]>> answers = new ArrayList<>();
          for (int i = 0; i < n; i++) {
            answers.add(batcher.submit(image(i)));
          }
          pass(batcher, Duration.ofHours(2));
          for (int i = 0; i < n; i++) {
            assertArrayEquals(alone(image(i)), get(answers.get(i)), "image " + i + " of " + n);
          }
        }
        BatchStats s = batcher.stats();
        assertEquals(max * (max + 1) / 2, s.requests());
        assertEquals(max, s.batches());
        assertEquals((max + 1) / 2.0, s.meanBatch());
      }
    }
  }

  @Test
  void paddingDoesNotChangeBits() throws Exception {
    try (MicroBatcher batcher = open(POLICY.sizes(List.of(4)))) {
      assertEquals(List.of(4), batcher.runs(1));
      for (int i = 0; i < 3; i++) {
        CompletableFuture<float[]> answer = batcher.submit(image(i));
        pass(batcher, Duration.ofHours(2));
        assertArrayEquals(alone(image(i)), get(answer));
      }
      assertEquals(9, batcher.stats().padding());
    }
  }

  @Test
  void aBatchBeginsWhenFullOrWhenTheOldestHasWaited() throws Exception {
    try (MicroBatcher batcher = open(POLICY)) {
      List<CompletableFuture<float[]>> answers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        answers.add(batcher.submit(image(i)));
      }
      pass(batcher, Duration.ofMinutes(59));
      assertEquals(3, batcher.stats().queued(), "the delay is not over");
      answers.add(batcher.submit(image(3)));
      for (CompletableFuture<float[]> a : answers) {
        get(a);
      }
      CompletableFuture<float[]> late = batcher.submit(image(4));
      pass(batcher, Duration.ofHours(1));
      get(late);
      assertEquals(2, batcher.stats().batches());
      assertEquals(2.5, batcher.stats().meanBatch());
    }
  }

  @Test
  void whatArrivesDuringABatchGoesIntoTheNext() throws Exception {
    try (MicroBatcher batcher = open(POLICY)) {
      CountDownLatch open = new CountDownLatch(1);
      CompletableFuture<Void> blocked = block(batcher, open);
      List<CompletableFuture<float[]>> answers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        answers.add(batcher.submit(image(i)));
      }
      var e = assertThrows(RejectedExecutionException.class, () -> batcher.submit(image(4)));
      assertTrue(e.getMessage().contains("4 requests wait"), e.getMessage());
      open.countDown();
      get(blocked);
      for (int i = 0; i < 4; i++) {
        assertArrayEquals(alone(image(i)), get(answers.get(i)));
      }
      BatchStats s = batcher.stats();
      assertEquals(2, s.batches());
      assertEquals(1, s.rejected());
      assertEquals(5, s.accepted());
      assertEquals(0, s.queued());
    }
  }

  @Test
  void oneBadInputHarmsNobody() throws Exception {
    try (MicroBatcher batcher = open(POLICY)) {
      float[] poisoned = image(7);
      java.util.Arrays.fill(poisoned, Float.NaN);
      List<CompletableFuture<float[]>> answers = new ArrayList<>();
      answers.add(batcher.submit(image(0)));
      var e = assertThrows(IllegalArgumentException.class, () -> batcher.submit(new float[7]));
      assertTrue(
          e.getMessage().contains("7 values") && e.getMessage().contains("432"), e.getMessage());
      CompletableFuture<float[]> bad = batcher.submit(poisoned);
      answers.add(batcher.submit(image(1)));
      answers.add(batcher.submit(image(2)));
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(alone(image(i)), get(answers.get(i)));
      }
      for (float v : get(bad)) {
        assertTrue(Float.isNaN(v), "NaN in, NaN out");
      }
      assertEquals(0, batcher.stats().failed());
    }
  }

  @Test
  void anExpiredRequestIsToldSoWhileTheWorkerIsBusyAndIsNeverRun() throws Exception {
    try (MicroBatcher batcher = open(POLICY)) {
      CountDownLatch open = new CountDownLatch(1);
      CompletableFuture<Void> blocked = block(batcher, open);
      CompletableFuture<float[]> hasty = batcher.submit(image(0), Duration.ofMillis(3));
      CompletableFuture<float[]> patient = batcher.submit(image(1), Duration.ofHours(9));
      pass(batcher, Duration.ofMillis(3));
      Throwable late = failure(hasty);
      assertInstanceOf(TimeoutException.class, late);
      assertTrue(late.getMessage().contains("PT0.003S"), late.getMessage());
      assertFalse(patient.isDone());
      open.countDown();
      get(blocked);
      pass(batcher, Duration.ofHours(1));
      assertArrayEquals(alone(image(1)), get(patient));
      BatchStats s = batcher.stats();
      assertEquals(1, s.expired());
      assertEquals(2, s.requests(), "the expired one was not run");
    }
  }

  @Test
  void aDeadlineShortensTheDelay() throws Exception {
    try (MicroBatcher batcher = open(POLICY)) {
      CompletableFuture<float[]> answer = batcher.submit(image(0), Duration.ofMillis(10));
      pass(batcher, Duration.ofMillis(5));
      assertArrayEquals(alone(image(0)), get(answer));
      assertThrows(
          IllegalArgumentException.class, () -> batcher.submit(image(0), Duration.ofMillis(0)));
    }
  }

  @Test
  void aCancelledRequestIsNotRun() throws Exception {
    try (MicroBatcher batcher = open(POLICY)) {
      CompletableFuture<float[]> cancelled = batcher.submit(image(0));
      CompletableFuture<float[]> other = batcher.submit(image(1));
      assertTrue(cancelled.cancel(false));
      pass(batcher, Duration.ofHours(1));
      assertArrayEquals(alone(image(1)), get(other));
      assertEquals(1, batcher.stats().requests());
      assertEquals(1, batcher.stats().cancelled());
    }
  }

  @Test
  void closeRunsWhatWaits() throws Exception {
    MicroBatcher batcher = open(POLICY);
    List<CompletableFuture<float[]>> answers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      answers.add(batcher.submit(image(i)));
    }
    batcher.close();
    batcher.close();
    for (int i = 0; i < 3; i++) {
      assertTrue(answers.get(i).isDone());
      assertArrayEquals(alone(image(i)), get(answers.get(i)));
    }
    assertThrows(IllegalStateException.class, () -> batcher.submit(image(0)));
  }

  @Test
  void closeNowFailsWhatWaits() throws Exception {
    MicroBatcher batcher = open(POLICY);
    CompletableFuture<float[]> answer = batcher.submit(image(0));
    batcher.closeNow();
    assertInstanceOf(IllegalStateException.class, failure(answer));
    assertEquals(0, batcher.stats().batches());
  }

  @Test
  void anInterruptedCloseFailsWhatWaitsAndStaysInterrupted() throws Exception {
    MicroBatcher batcher = open(POLICY);
    CountDownLatch open = new CountDownLatch(1);
    CompletableFuture<Void> blocked = block(batcher, open);
    CompletableFuture<float[]> waiting = batcher.submit(image(0));
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread closer =
        new Thread(
            () -> {
              batcher.close();
              interrupted.complete(Thread.currentThread().isInterrupted());
            });
    closer.start();
    closer.interrupt();
    assertInstanceOf(IllegalStateException.class, failure(waiting));
    assertFalse(interrupted.isDone(), "close waits for the batch that runs");
    open.countDown();
    get(blocked);
    assertTrue(get(interrupted));
  }

  @Test
  void aStageMayClose() throws Exception {
    MicroBatcher batcher = open(POLICY);
    CompletableFuture<Void> closed = batcher.submit(image(0)).thenRun(batcher::close);
    pass(batcher, Duration.ofHours(1));
    get(closed);
    batcher.close();
  }

  @Test
  void manyClientsWithWorkersAndClose() throws Exception {
    BatchPolicy policy =
        BatchPolicy.defaults()
            .maxBatch(4)
            .maxDelay(Duration.ofNanos(1))
            .workers(2)
            .sizes(List.of(1, 4));
    List<float[]> expected = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      expected.add(alone(image(i)));
    }
    MicroBatcher batcher = MODEL.batcher(OPTIONS, policy);
    List<Thread> clients = new ArrayList<>();
    List<Throwable> unexpected = new ArrayList<>();
    for (int c = 0; c < 4; c++) {
      int client = c;
      clients.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  for (int i = client; ; i++) {
                    float[] answer = batcher.submit(image(i % 8)).get();
                    assertArrayEquals(expected.get(i % 8), answer);
                  }
                } catch (IllegalStateException closed) {
                  // what a closed batcher must say
                } catch (Throwable t) {
                  synchronized (unexpected) {
                    unexpected.add(t);
                  }
                }
              }));
    }
    while (batcher.stats().requests() < 2_000) {
      Thread.sleep(1);
    }
    batcher.close();
    for (Thread t : clients) {
      assertTrue(t.join(Duration.ofSeconds(60)), "a client hangs");
    }
    assertEquals(List.of(), unexpected);
    BatchStats s = batcher.stats();
    assertEquals(s.accepted(), s.requests());
  }

  @Test
  void severalInputsAndOutputs() throws Exception {
    Graph.Builder g = Graph.builder("two");
    Value a = g.input("a", Shape.of(Shape.DYNAMIC, 3));
    Value b = g.input("b", Shape.of(Shape.DYNAMIC, 2));
    Graph graph =
        g.output(g.add("x", new Unary(Activation.RELU), a))
            .output(g.add("y", new Unary(Activation.RELU), b))
            .build();
    try (MicroBatcher batcher = MicroBatcher.open(graph, OPTIONS, POLICY, clock::get)) {
      List<float[]> in = List.of(new float[] {-1, 2, 3}, new float[] {4, -5});
      CompletableFuture<List<float[]>> answer = batcher.submit(in, Optional.empty());
      pass(batcher, Duration.ofHours(1));
      assertArrayEquals(new float[] {0, 2, 3}, get(answer).get(0));
      assertArrayEquals(new float[] {4, 0}, get(answer).get(1));
      assertThrows(IllegalArgumentException.class, () -> batcher.submit(new float[3]));
      assertThrows(
          IllegalArgumentException.class,
          () -> batcher.submit(List.of(new float[3]), Optional.empty()));
    }
  }

  @Test
  void aModelThatMixesItsImagesIsRefused() {
    Graph.Builder g = Graph.builder("mean");
    Value x = g.input("x", Shape.of(Shape.DYNAMIC, 3));
    Graph graph = g.output(g.add("m", new Reduce(Reduce.Kind.MEAN, List.of(0), true), x)).build();
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> MicroBatcher.open(graph, OPTIONS, POLICY));
    assertTrue(e.getMessage().contains("first dimension"), e.getMessage());
  }

  @Test
  void aFailingStageHarmsNobody() throws Exception {
    try (MicroBatcher batcher = open(POLICY)) {
      CompletableFuture<float[]> answer = batcher.submit(image(0));
      CompletableFuture<String> told =
          answer.thenApply(
              x -> {
                throw new IllegalArgumentException("the client's own fault");
              });
      pass(batcher, Duration.ofHours(1));
      assertThrows(CompletionException.class, told::join);
      CompletableFuture<float[]> next = batcher.submit(image(1));
      pass(batcher, Duration.ofHours(1));
      assertArrayEquals(alone(image(1)), get(next));
    }
  }
}
