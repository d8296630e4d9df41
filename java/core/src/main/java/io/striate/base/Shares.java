package io.striate.base;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/** Work of loading and compiling, shared between the caller and threads that end with it. */
public final class Shares {
  private Shares() {}

  /**
   * Calls {@code body} with every number below {@code count}, on up to {@code threads} threads, the
   * caller's among them, in any order. Throws what the first failing call threw; others may then be
   * left out.
   */
  public static void run(int threads, int count, IntConsumer body) {
    Work work = new Work(count, body);
    int helpers =
        Math.min(Math.min(threads, count), Runtime.getRuntime().availableProcessors()) - 1;
    List<Thread> started = new ArrayList<>();
    for (int i = 0; i < helpers; i++) {
      started.add(Thread.ofPlatform().daemon().name("striate-compile").start(work));
    }
    work.run();
    boolean interrupted = false;
    for (Thread t : started) {
      while (t.isAlive()) {
        try {
          t.join();
        } catch (InterruptedException e) {
          interrupted = true; // the work is short, and its memory is in use
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    work.rethrow();
  }

  /** What each thread does. */
  private static final class Work implements Runnable {
    private final int count;
    private final IntConsumer body;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Work(int count, IntConsumer body) {
      this.count = count;
      this.body = body;
    }

    @Override
    public void run() {
      try {
        for (int i = next.getAndIncrement();
            i < count && failure.get() == null;
            i = next.getAndIncrement()) {
          body.accept(i);
        }
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      }
    }

    void rethrow() {
      Throwable first = failure.get();
      if (first instanceof Error e) {
        throw e;
      }
      if (first instanceof RuntimeException e) {
        throw e;
      }
    }
  }
}
