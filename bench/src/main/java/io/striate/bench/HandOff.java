package io.striate.bench;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How far apart two cores are: the nanoseconds of a round trip, one thread writing a number that
 * another waits for and answers. In a virtual machine that changes while it runs, since its host
 * moves the cores: 60 ns where they share a cache, 340 ns where they do not, and what several
 * threads share then costs several times as much.
 */
final class HandOff {
  private static final int BATCHES = 21;
  private static final int ROUNDS = 2_000;

  /** Two cache lines apart from what lies around it. */
  private static final int AT = 32;

  private HandOff() {}

  /** The median of some batches; 0 where there is one core only. */
  static long nanos() throws InterruptedException {
    if (Runtime.getRuntime().availableProcessors() < 2) {
      return 0;
    }
    AtomicIntegerArray ball = new AtomicIntegerArray(2 * AT);
    int last = 2 * BATCHES * ROUNDS;
    Thread other = new Thread(() -> answer(ball, last), "hand-off");
    other.start();
    long[] each = new long[BATCHES];
    int number = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
      long start = System.nanoTime();
      for (int i = 0; i < ROUNDS; i++, number += 2) {
        ball.set(AT, number + 1);
        await(ball, number + 2);
      }
      each[batch] = (System.nanoTime() - start) / ROUNDS;
    }
    other.join();
    Arrays.sort(each);
    return each[BATCHES / 2];
  }

  private static void answer(AtomicIntegerArray ball, int last) {
    for (int number = 1; number < last; number += 2) {
      await(ball, number);
      ball.set(AT, number + 1);
    }
  }

  private static void await(AtomicIntegerArray ball, int number) {
    while (ball.get(AT) != number) {
      Thread.onSpinWait();
    }
  }
}
