package io.striate.op.vector;

import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.DoubleAdder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Measures the rate of fused multiply-adds that a kernel is compared with: sixteen independent
 * chains of the widest vectors in registers, the best of many short stretches, on every thread at
 * once.
 */
public final class PeakRate {
  private static final int CHAINS = 16;
  private static final int STEPS = 20_000;
  private static final int STRETCHES = 60;

  private PeakRate() {}

  /**
   * GFLOP/s of {@code threads} threads together, or empty where the Vector API or the instruction
   * is missing.
   */
  public static OptionalDouble gflops(int threads) {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()
        || !FusedMultiplyAdd.isInstruction()) {
      return OptionalDouble.empty();
    }
    CountDownLatch ready = new CountDownLatch(threads);
    DoubleAdder sum = new DoubleAdder();
    Thread[] workers = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      workers[i] = new Thread(() -> sum.add(Chains.best(ready)), "striate-peak-" + i);
      workers[i].start();
    }
    try {
      for (Thread t : workers) {
        t.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(sum.sum());
  }

  /** A class of its own, loaded only where the Vector API is there. */
  private static final class Chains {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    static double best(CountDownLatch ready) {
      float used = 0; // keeps the compiler from dropping the chains
      for (int i = 0; i < STRETCHES; i++) {
        used += chains(1.0001f + i);
      }
      ready.countDown();
      try {
        ready.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return 0;
      }
      double best = 0;
      for (int i = 0; i < STRETCHES; i++) {
        long before = System.nanoTime();
        used += chains(0.5f + i);
        double nanos = System.nanoTime() - before;
        best = Math.max(best, 2.0 * CHAINS * STEPS * SPECIES.length() / nanos);
      }
      if (Float.isNaN(used)) {
        throw new IllegalStateException("the chains of multiply-adds must stay finite");
      }
      return best;
    }

    private static float chains(float seed) {
      FloatVector m = FloatVector.broadcast(SPECIES, 0.999f);
      FloatVector a = FloatVector.broadcast(SPECIES, seed);
      FloatVector c0 = a;
      FloatVector c1 = a.add(1);
      FloatVector c2 = a.add(2);
      FloatVector c3 = a.add(3);
      FloatVector c4 = a.add(4);
      FloatVector c5 = a.add(5);
      FloatVector c6 = a.add(6);
      FloatVector c7 = a.add(7);
      FloatVector c8 = a.add(8);
      FloatVector c9 = a.add(9);
      FloatVector c10 = a.add(10);
      FloatVector c11 = a.add(11);
      FloatVector c12 = a.add(12);
      FloatVector c13 = a.add(13);
      FloatVector c14 = a.add(14);
      FloatVector c15 = a.add(15);
      for (int i = 0; i < STEPS; i++) {
        c0 = c0.fma(m, a);
        c1 = c1.fma(m, a);
        c2 = c2.fma(m, a);
        c3 = c3.fma(m, a);
        c4 = c4.fma(m, a);
        c5 = c5.fma(m, a);
        c6 = c6.fma(m, a);
        c7 = c7.fma(m, a);
        c8 = c8.fma(m, a);
        c9 = c9.fma(m, a);
        c10 = c10.fma(m, a);
        c11 = c11.fma(m, a);
        c12 = c12.fma(m, a);
        c13 = c13.fma(m, a);
        c14 = c14.fma(m, a);
        c15 = c15.fma(m, a);
      }
      FloatVector even = c0.add(c2).add(c4).add(c6).add(c8).add(c10).add(c12).add(c14);
      FloatVector odd = c1.add(c3).add(c5).add(c7).add(c9).add(c11).add(c13).add(c15);
      return even.add(odd).lane(0);
    }
  }
}
