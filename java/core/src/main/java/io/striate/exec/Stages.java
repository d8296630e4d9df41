package io.striate.exec;

import java.util.ArrayList;
import java.util.List;

/**
 * Divides the images of a batch: early layers of a network run image by image or in small groups,
 * so that what one step writes is still in the cache when the next one reads it; late layers, whose
 * weights outweigh their activations, run on the whole batch, so that weights are read once.
 *
 * <p>Each step gets a number of images out of the divisors of the batch so that an estimate of the
 * time that memory takes is least for all steps together (dynamic programming over steps and
 * divisors, Viterbi): activations at the rate of the cache that holds the step's images, weights
 * once per round, and where the number changes between two steps, the value between them at the
 * rate of the whole batch. The estimate knows only shapes, so that every compilation of a model
 * decides alike. Kernels do not depend on the batch, so results stay bit for bit the same.
 */
final class Stages {
  /** Divides steps on a batch into stages that cover them in order. */
  interface Division {
    /** Only steps that are {@link ImageSteps#isSeparable} may be in a stage that repeats. */
    List<Stage> stages(List<Step> steps, long batch);
  }

  /** Bytes of activations that the cache of a core, and the cache of all cores, keep. */
  private static final double CORE_CACHE = 0.75 * (1 << 20);

  private static final double SHARED_CACHE = 12.0 * (1 << 20);

  /** Nanoseconds per byte from there, and from memory. */
  private static final double CORE_RATE = 1.0 / 200;

  private static final double SHARED_RATE = 1.0 / 60;
  private static final double MEMORY_RATE = 1.0 / 15;

  /** Nanoseconds to begin a step. */
  private static final double CALL = 500;

  private final List<Step> steps;
  private final long batch;
  private final List<Long> divisors = new ArrayList<>();

  private Stages(List<Step> steps, long batch) {
    this.steps = steps;
    this.batch = batch;
    for (long d = 1; d <= batch; d++) {
      if (batch % d == 0) {
        divisors.add(d);
      }
    }
  }

  /** The stages of these steps, in order. */
  static List<Stage> of(List<Step> steps, long batch) {
    if (steps.isEmpty()) {
      return List.of();
    }
    return grouped(new Stages(steps, batch).choose(), batch);
  }

  /** Neighbours with the same number of images form a stage. */
  static List<Stage> grouped(long[] images, long batch) {
    List<Stage> stages = new ArrayList<>();
    for (int first = 0, i = 1; i <= images.length; i++) {
      if (i == images.length || images[i] != images[first]) {
        stages.add(new Stage(first, i, images[first], Math.toIntExact(batch / images[first])));
        first = i;
      }
    }
    return stages;
  }

  /** The number of images of every step. */
  private long[] choose() {
    double[] cost = new double[divisors.size()];
    int[][] from = new int[steps.size()][divisors.size()];
    for (int i = 0; i < steps.size(); i++) {
      int cheapest = least(cost);
      double change = i == 0 ? 0 : 2 * bytes(steps.get(i - 1).output()) * rate(batch, i - 1);
      double[] next = new double[divisors.size()];
      for (int d = 0; d < divisors.size(); d++) {
        boolean stay = cost[d] <= cost[cheapest] + change;
        from[i][d] = stay ? d : cheapest;
        next[d] = (stay ? cost[d] : cost[cheapest] + change) + nanos(i, divisors.get(d));
      }
      cost = next;
    }
    long[] images = new long[steps.size()];
    int d = least(cost);
    for (int i = steps.size() - 1; i >= 0; i--) {
      images[i] = divisors.get(d);
      d = from[i][d];
    }
    return images;
  }

  private static int least(double[] cost) {
    int best = 0;
    for (int i = 1; i < cost.length; i++) {
      best = cost[i] <= cost[best] ? i : best;
    }
    return best;
  }

  /** Time per image that memory takes in step {@code i}; infinite where images depend on others. */
  private double nanos(int i, long images) {
    Step step = steps.get(i);
    if (images < batch && !ImageSteps.isSeparable(step, batch)) {
      return Double.POSITIVE_INFINITY;
    }
    double constants = 0;
    for (Placement p : step.inputs()) {
      constants += p.buffer().kind == Buffer.Kind.CONSTANT ? p.desc().spanBytes() : 0;
    }
    return activations(step) * rate(images, i) + (constants * SHARED_RATE + CALL) / images;
  }

  /** Bytes of one image that a step reads and writes. */
  private double activations(Step step) {
    double sum = bytes(step.output());
    for (Placement p : step.inputs()) {
      sum += p.buffer().kind == Buffer.Kind.CONSTANT ? 0 : bytes(p);
    }
    return sum;
  }

  private double bytes(Placement p) {
    return (double) p.desc().shape().elements() * p.desc().dtype().bytes() / batch;
  }

  private double rate(long images, int step) {
    double held = images * activations(steps.get(step));
    return held <= CORE_CACHE ? CORE_RATE : held <= SHARED_CACHE ? SHARED_RATE : MEMORY_RATE;
  }
}
