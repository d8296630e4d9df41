package io.striate.exec;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One asynchronous run of an execution that has been made busy for it. The execution is free again
 * before the result completes, so that what depends on it may start the next run.
 */
final class AsyncRun extends CompletableFuture<Void> implements Runnable {
  private enum State {
    WAITING,
    BEGUN,
    WITHDRAWN
  }

  private final Execution execution;
  private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

  AsyncRun(Execution execution) {
    this.execution = execution;
  }

  @Override
  public void run() {
    if (!state.compareAndSet(State.WAITING, State.BEGUN)) {
      return;
    }
    try {
      try {
        execution.compute(Execution.NO_TIMES);
      } finally {
        execution.end();
      }
    } catch (Throwable t) {
      completeExceptionally(t);
      return;
    }
    complete(null);
  }

  /** No thread takes it. */
  void refuse(Throwable reason) {
    if (state.compareAndSet(State.WAITING, State.WITHDRAWN)) {
      execution.end();
      completeExceptionally(reason);
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    if (!state.compareAndSet(State.WAITING, State.WITHDRAWN)) {
      return isCancelled();
    }
    execution.end();
    return super.cancel(mayInterruptIfRunning);
  }
}
