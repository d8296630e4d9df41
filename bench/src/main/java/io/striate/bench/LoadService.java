package io.striate.bench;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.serve.BatchPolicy;
import io.striate.serve.BatchStats;
import io.striate.serve.MicroBatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A way to answer requests of single images. */
sealed interface LoadService extends AutoCloseable {
  /**
   * Begins a request.
   *
   * @throws java.util.concurrent.RejectedExecutionException if too many wait
   */
  CompletableFuture<float[]> submit(float[] image);

  /** Images per run so far. */
  double meanBatch();

  @Override
  void close();

  /** A thread pool with a bounded queue, each thread with an execution of batch 1. */
  final class Pool implements LoadService {
    private final CompiledModel model;
    private final List<Execution> all = new ArrayList<>();
    private final BlockingQueue<Execution> free = new LinkedBlockingQueue<>();
    private final ThreadPoolExecutor threads;

    Pool(Subject subject, Options options, int workers, int capacity) {
      model = subject.model().compile(options.batch(1));
      model.warmUp();
      for (int i = 0; i < workers; i++) {
        all.add(model.newExecution());
      }
      free.addAll(all);
      threads =
          new ThreadPoolExecutor(
              workers, workers, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(capacity));
    }

    @Override
    public CompletableFuture<float[]> submit(float[] image) {
      return CompletableFuture.supplyAsync(() -> answer(image), threads);
    }

    private float[] answer(float[] image) {
      Execution run = free.remove(); // There is one per thread.
      try {
        run.input().copyFrom(image);
        run.run();
        return run.output().toArray();
      } finally {
        free.add(run);
      }
    }

    @Override
    public double meanBatch() {
      return 1;
    }

    @Override
    public void close() {
      threads.close();
      all.forEach(Execution::close);
      model.close();
    }
  }

  /** The micro-batcher. */
  final class Batcher implements LoadService {
    private final MicroBatcher batcher;

    Batcher(Subject subject, Options options, BatchPolicy policy) {
      batcher = subject.model().batcher(options, policy);
    }

    @Override
    public CompletableFuture<float[]> submit(float[] image) {
      return batcher.submit(image);
    }

    @Override
    public double meanBatch() {
      BatchStats stats = batcher.stats();
      return stats.meanBatch();
    }

    @Override
    public void close() {
      batcher.close();
    }
  }
}
