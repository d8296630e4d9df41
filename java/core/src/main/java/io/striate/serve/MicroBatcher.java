package io.striate.serve;

import io.striate.exec.Options;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * Gathers requests of single images to batches, for services whose requests come one by one from
 * many threads. Thread-safe.
 *
 * <p>A batch begins when {@link BatchPolicy#maxBatch} requests wait, or when the oldest has waited
 * for {@link BatchPolicy#maxDelay}; requests that arrive while all workers compute go into the next
 * batch. The model is compiled for the sizes of the policy; other sizes are put together from
 * these, as the times measured when opening say is fastest. The result of an image is bitwise the
 * same whatever batch it rode in, and whatever the other images hold: a NaN stays with its image.
 *
 * <p>A request ends in one of these ways: its answer; {@link RejectedExecutionException} thrown at
 * once because the queue is full; {@link TimeoutException} because its deadline passed before it
 * was begun, told at that moment, and it is never run; cancelled by its client before it was begun,
 * and never run; the exception of the run that it rode in; {@link IllegalStateException} because
 * the batcher was closed. Answers complete on a worker thread: stages that depend on them should be
 * short, or asynchronous.
 */
public final class MicroBatcher implements AutoCloseable {
  private final BatchModels models;
  private final BatchPolicy policy;
  private final Dispatcher dispatcher;

  private MicroBatcher(BatchModels models, BatchPolicy policy, LongSupplier clock) {
    this.models = models;
    this.policy = policy;
    this.dispatcher = new Dispatcher(models, policy, clock);
  }

  /**
   * Compiles the graph for every size of the policy, warms it up (some seconds: {@link
   * io.striate.exec.CompiledModel#warmUp} for each size) and starts the workers.
   *
   * @param options their batch is not used
   * @throws IllegalArgumentException if the graph does not allow these batches, or an input or
   *     output does not have the batch as its first dimension
   * @throws io.striate.StriateException as {@link io.striate.exec.CompiledModel#compile}
   */
  public static MicroBatcher open(Graph graph, Options options, BatchPolicy policy) {
    return open(graph, options, policy, System::nanoTime);
  }

  /** The same with a clock of nanoseconds that a test can stop. */
  static MicroBatcher open(Graph graph, Options options, BatchPolicy policy, LongSupplier clock) {
    BatchModels models = new BatchModels(graph, options, policy);
    try {
      return new MicroBatcher(models, policy, clock);
    } catch (RuntimeException | Error e) {
      models.close();
      throw e;
    }
  }

  /**
   * Submits one image to a model with one input and one output, without a deadline.
   *
   * @param input its values in row-major order of the logical shape (NCHW); read when the batch
   *     begins, so they must not change before the answer is there
   * @return the output's values in row-major order
   * @throws IllegalArgumentException if the number of values is wrong; NaN is a value like others
   * @throws RejectedExecutionException if as many requests wait as the queue holds
   * @throws IllegalStateException after close
   */
  public CompletableFuture<float[]> submit(float[] input) {
    return submitOne(input, Optional.empty());
  }

  /**
   * The same with a deadline: if the run has not begun {@code timeout} after now, the answer is a
   * {@link TimeoutException}. The delay of this request is at most half of its timeout.
   */
  public CompletableFuture<float[]> submit(float[] input, Duration timeout) {
    return submitOne(input, Optional.of(timeout));
  }

  /** Submits one image to a model with any number of inputs and outputs, in the model's order. */
  public CompletableFuture<List<float[]>> submit(List<float[]> inputs, Optional<Duration> timeout) {
    CompletableFuture<List<float[]>> answer = new CompletableFuture<>();
    List<float[]> values = List.copyOf(inputs);
    check(values);
    dispatcher.submit(values, timeoutNanos(timeout), answer, answer::complete);
    return answer;
  }

  private CompletableFuture<float[]> submitOne(float[] input, Optional<Duration> timeout) {
    if (models.outputs().size() != 1) {
      throw new IllegalArgumentException(
          "the model has outputs " + models.outputs() + "; submit a list and get a list");
    }
    CompletableFuture<float[]> answer = new CompletableFuture<>();
    List<float[]> values = List.of(input);
    check(values);
    dispatcher.submit(
        values, timeoutNanos(timeout), answer, results -> answer.complete(results.getFirst()));
    return answer;
  }

  private static long timeoutNanos(Optional<Duration> timeout) {
    if (timeout.isEmpty()) {
      return Long.MAX_VALUE;
    }
    Duration t = timeout.get();
    if (t.isNegative() || t.isZero() || t.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(
          "timeout is " + t + "; it must be positive and at most 1 day");
    }
    return t.toNanos();
  }

  private void check(List<float[]> values) {
    List<Value> inputs = models.inputs();
    if (values.size() != inputs.size()) {
      throw new IllegalArgumentException(
          values.size() + " inputs for a model with inputs " + inputs);
    }
    for (int i = 0; i < values.size(); i++) {
      Value v = inputs.get(i);
      long expected = v.shape().withDim(0, 1).elements();
      if (values.get(i).length != expected) {
        throw new IllegalArgumentException(
            values.get(i).length
                + " values for input "
                + v.name()
                + ", which takes "
                + expected
                + " per image ("
                + v.shape().withDim(0, 1)
                + ")");
      }
    }
  }

  /** What happened so far. */
  public BatchStats stats() {
    return dispatcher.stats();
  }

  /** The policy that it was opened with. */
  public BatchPolicy policy() {
    return policy;
  }

  /** The compiled sizes that a batch of {@code n} is put together from, largest first. */
  public List<Integer> runs(int n) {
    if (n < 1 || n > policy.maxBatch()) {
      throw new IllegalArgumentException(
          "batch " + n + " must lie in 1 … maxBatch, which is " + policy.maxBatch());
    }
    return models.plan().runs(n);
  }

  /** Bytes of packed weights, those of all compiled sizes together. */
  public long packedBytes() {
    return models.models().stream().mapToLong(m -> m.packedBytes()).sum();
  }

  /**
   * Takes no more requests, runs those that wait without further delay (deadlines hold), waits for
   * them, and frees the models. If the waiting thread is interrupted, requests that wait fail as by
   * {@link #closeNow}, and its interrupt status is set again. Called by a stage that depends on an
   * answer, it does not wait; the last worker frees then. Closing twice is fine.
   */
  @Override
  public void close() {
    dispatcher.close(false);
  }

  /** Closes, but lets requests that wait fail with {@link IllegalStateException}. */
  public void closeNow() {
    dispatcher.close(true);
  }

  /** Lets threads look at a stopped clock again. */
  void clockChanged() {
    dispatcher.wake();
  }
}
