package io.striate.exec;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Shares the processors between the runs of this process, whatever models they belong to. Runs that
 * together want no more threads than there are processors get them all; beyond that each gets its
 * proportion, at least itself. More threads would only wait for each other: with two models of two
 * threads on two cores, every step of the one would wait until the other's spinning thread is
 * descheduled. Looked at before every step, so that a run widens as soon as another ends.
 */
final class Cores {
  /** The processors of this process. */
  static final Cores SHARED = new Cores(Runtime.getRuntime().availableProcessors());

  private final int processors;
  private final AtomicInteger wanted = new AtomicInteger();

  Cores(int processors) {
    this.processors = processors;
  }

  /** A run begins that wants this many threads, its caller among them. */
  void enter(int threads) {
    wanted.getAndAdd(threads);
  }

  /** The run ends. */
  void leave(int threads) {
    wanted.getAndAdd(-threads);
  }

  /** How many threads a run that wants {@code threads} shall use now, at least 1. */
  int width(int threads) {
    int all = wanted.get();
    // A run that is alone has what it asks for, even if that is more than there are processors.
    long available = Math.max(processors, threads);
    return all <= available ? threads : (int) Math.max(1, threads * available / all);
  }
}
