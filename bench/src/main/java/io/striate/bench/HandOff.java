package io.striate.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How far apart two cores are: the nanoseconds of a round trip, one thread writing a number that
 * another waits for and answers. In a virtual machine that changes while it runs, since its host
 * moves the cores: 60 ns where they share a cache, 340 ns where they do not, and what several
 * threads share then costs several times as much.
 */
final class HandOff {
  private static final int BATCHES = 50;
  private static final int ROUNDS = 500;

  /** Where other work holds the cores, a round trip takes milliseconds. */
  private static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final int END = -1;

  /** Two cache lines apart from what lies around it. */
  private static final int AT = 32;

  private HandOff() {}

  /** The median of some batches; 0 where there is one core only. */
  static long nanos() throws InterruptedException {
    if (Runtime.getRuntime().availableProcessors() < 2) {
      return 0;
    }
    AtomicIntegerArray ball = new AtomicIntegerArray(2 * AT);
    Thread other = new Thread(() -> answer(ball), "hand-off");
    other.setDaemon(true);
    other.start();
    List<Long> each = new ArrayList<>();
    long begin = System.nanoTime();
    int number = 0;
    while (each.size() < BATCHES && (each.isEmpty() || System.nanoTime() - begin < MOST_NANOS)) {
      long start = System.nanoTime();
      for (int i = 0; i < ROUNDS; i++, number += 2) {
        ball.set(AT, number + 1);
        while (ball.get(AT) != number + 2) {
          Thread.onSpinWait();
        }
      }
      each.add((System.nanoTime() - start) / ROUNDS);
    }
    ball.set(AT, END);
    other.join();
    each.sort(null);
    return each.get(each.size() / 2);
  }

  /** Answers odd numbers with the next even one, until the end. */
  private static void answer(AtomicIntegerArray ball) {
    for (int number = ball.get(AT); number != END; number = ball.get(AT)) {
      if (number % 2 == 1) {
        ball.set(AT, number + 1);
      } else {
        Thread.onSpinWait();
      }
    }
  }
}
