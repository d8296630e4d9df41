package io.striate.exec;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where asynchronous runs of a model take place: the executor of the options, or daemon threads
 * that start with the first such run and end after {@value #IDLE_SECONDS} s without one. As many as
 * keep the processors busy together with their helpers: more would only take turns.
 */
final class AsyncThreads implements Executor, AutoCloseable {
  private static final int IDLE_SECONDS = 10;

  private final Options options;
  private @Nullable ThreadPoolExecutor own;

  AsyncThreads(Options options) {
    this.options = options;
  }

  @Override
  public void execute(Runnable run) {
    if (options.executor().isPresent()) {
      options.executor().get().execute(run);
    } else {
      own().execute(run);
    }
  }

  private synchronized ThreadPoolExecutor own() {
    ThreadPoolExecutor threads = own;
    if (threads == null) {
      int count = Math.max(1, Runtime.getRuntime().availableProcessors() / options.threads());
      threads =
          new ThreadPoolExecutor(
              count,
              count,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              Thread.ofPlatform().daemon().name("striate-async-", 1).factory());
      threads.allowCoreThreadTimeOut(true);
      own = threads;
    }
    return threads;
  }

  /** Ends the threads when they have done what they have; no run may be waiting. */
  @Override
  public synchronized void close() {
    if (own != null) {
      own.shutdown();
    }
  }
}
