package io.striate.serve;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The threads of a {@link MicroBatcher} around its {@link RequestQueue}: workers that take and
 * compute batches, of which one at a time (the leader) waits for the moment when a batch is due,
 * and a timekeeper that answers requests whose deadline passes while all workers compute. Answers
 * are completed without the lock.
 */
final class Dispatcher {
  private final BatchPolicy policy;
  private final BatchModels models;
  private final LongSupplier clock;
  private final long start;
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch ended;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition deadlines = lock.newCondition();

  // All below under the lock.
  private final RequestQueue queue;
  private @Nullable Thread leader;
  private boolean closing;
  private int liveWorkers;
  private long accepted;
  private long rejected;
  private long expired;
  private long batches;
  private long requests;
  private long padding;
  private long failed;

  Dispatcher(BatchModels models, BatchPolicy policy, LongSupplier clock) {
    this.models = models;
    this.policy = policy;
    this.clock = clock;
    this.start = clock.getAsLong();
    this.queue = new RequestQueue(policy.maxBatch(), policy.queueCapacity());
    this.liveWorkers = policy.workers();
    this.ended = new CountDownLatch(policy.workers());
    List<BatchWorker> workers = new ArrayList<>();
    try {
      for (int i = 0; i < policy.workers(); i++) {
        workers.add(new BatchWorker(models));
      }
    } catch (RuntimeException | Error e) {
      workers.forEach(BatchWorker::close);
      throw e;
    }
    for (BatchWorker w : workers) {
      begin("striate-batcher-" + (threads.size() + 1), () -> serve(w));
    }
    begin("striate-batcher-deadlines", this::keepDeadlines);
  }

  private void begin(String name, Runnable body) {
    Thread t = new Thread(body, name);
    t.setDaemon(true);
    threads.add(t);
    t.start();
  }

  /** Nanoseconds since this was made, so that sums with delays do not wrap. */
  private long now() {
    return clock.getAsLong() - start;
  }

  void submit(
      List<float[]> inputs,
      long timeout,
      CompletableFuture<?> answer,
      Consumer<List<float[]>> deliver) {
    lock.lock();
    try {
      if (closing) {
        throw new IllegalStateException("this MicroBatcher is closed");
      }
      long now = now();
      long due = now + Math.min(policy.maxDelay().toNanos(), timeout / 2);
      long deadline = timeout == Long.MAX_VALUE ? timeout : now + timeout;
      long dueBefore = queue.untilDue(now);
      long expiryBefore = queue.untilExpiry(now);
      if (!queue.offer(new Request(inputs, now, due, deadline, answer, deliver))) {
        rejected++;
        throw new RejectedExecutionException(
            "the queue of this MicroBatcher is full: "
                + queue.size()
                + " requests wait; try again later, or raise queueCapacity, which is "
                + policy.queueCapacity());
      }
      accepted++;
      if (queue.untilDue(now) < dueBefore) {
        leader = null;
        changed.signal();
      }
      if (queue.untilExpiry(now) < expiryBefore) {
        deadlines.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void serve(BatchWorker worker) {
    try {
      for (List<Request> batch = next(worker); !batch.isEmpty(); batch = next(worker)) {
        int lost = worker.run(batch);
        if (lost > 0) {
          count(lost);
        }
      }
    } finally {
      worker.close();
      end();
    }
  }

  private void count(int lost) {
    lock.lock();
    try {
      failed += lost;
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    boolean last;
    lock.lock();
    try {
      liveWorkers--;
      last = liveWorkers == 0;
      deadlines.signal();
    } finally {
      lock.unlock();
    }
    if (last) {
      models.close();
    }
    ended.countDown();
  }

  /** Waits for the next batch; an empty one means that there will be no more. */
  private List<Request> next(BatchWorker worker) {
    lock.lock();
    try {
      while (true) {
        long now = now();
        List<Request> late = queue.takeExpired(now);
        if (!late.isEmpty()) {
          expire(late);
          continue;
        }
        long wait = closing && queue.size() > 0 ? 0 : queue.untilDue(now);
        if (wait == 0) {
          List<Request> batch = queue.takeBatch();
          if (!batch.isEmpty()) {
            batches++;
            requests += batch.size();
            padding += worker.padding(batch.size());
            return batch;
          }
        } else if (closing) {
          return List.of();
        } else {
          await(wait);
        }
      }
    } finally {
      if (leader == null && queue.size() > 0) {
        changed.signal();
      }
      lock.unlock();
    }
  }

  /** As the leader waits until a batch is due, else until the leader is needed. */
  @SuppressWarnings("WaitNotInLoop") // its caller looks at everything again, in a loop
  private void await(long nanos) {
    if (nanos == Long.MAX_VALUE || leader != null) {
      changed.awaitUninterruptibly();
      return;
    }
    Thread me = Thread.currentThread();
    leader = me;
    try {
      changed.awaitNanos(nanos);
    } catch (InterruptedException e) {
      // Nobody's business: these threads are our own, and the loop looks at everything again.
    } finally {
      if (me.equals(leader)) {
        leader = null;
      }
    }
  }

  private void keepDeadlines() {
    lock.lock();
    try {
      while (liveWorkers > 0) {
        long now = now();
        List<Request> late = queue.takeExpired(now);
        if (!late.isEmpty()) {
          expire(late);
          continue;
        }
        long wait = queue.untilExpiry(now);
        if (wait == Long.MAX_VALUE) {
          deadlines.awaitUninterruptibly();
        } else {
          deadlines.awaitNanos(wait);
        }
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("the timekeeper of a MicroBatcher was interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  /** Answers requests that came too late; called with the lock, which it lets go meanwhile. */
  private void expire(List<Request> late) {
    expired += late.size();
    long now = now();
    lock.unlock();
    try {
      for (Request r : late) {
        Duration waited = Duration.ofNanos(now - r.arrival());
        Duration allowed = Duration.ofNanos(r.deadline() - r.arrival());
        r.answer()
            .completeExceptionally(
                new TimeoutException(
                    "the request waited "
                        + waited
                        + " and was not begun within its "
                        + allowed
                        + "; the service is overloaded or the timeout too short"));
      }
    } finally {
      lock.lock();
    }
  }

  void close(boolean now) {
    boolean interrupted = false;
    shut(now);
    if (!threads.contains(Thread.currentThread())) {
      while (true) {
        try {
          ended.await();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
          shut(true);
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void shut(boolean dropWaiting) {
    List<Request> dropped = new ArrayList<>();
    lock.lock();
    try {
      closing = true;
      while (dropWaiting && queue.size() > 0) {
        dropped.addAll(queue.takeBatch());
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    for (Request r : dropped) {
      r.answer()
          .completeExceptionally(
              new IllegalStateException("this MicroBatcher was closed before the request was run"));
    }
  }

  void wake() {
    lock.lock();
    try {
      changed.signalAll();
      deadlines.signalAll();
    } finally {
      lock.unlock();
    }
  }

  BatchStats stats() {
    lock.lock();
    try {
      return new BatchStats(
          queue.size(),
          accepted,
          rejected,
          expired,
          queue.cancelled(),
          batches,
          requests,
          padding,
          failed);
    } finally {
      lock.unlock();
    }
  }
}
