package io.striate.serve;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a batch of any size into runs of compiled sizes so that the sum of their times is least. The
 * last run may be larger than what is left; its other images are padding.
 *
 * <p>{@code cost(0) = 0, cost(n) = min over sizes s of time(s) + cost(max(0, n - s))}. What is
 * cheaper depends on the network: 3 images are best run as 2 + 1 where time grows with the number
 * of images, and as 4 where reading the weights takes most of it.
 */
final class BatchPlan {
  private final List<List<Integer>> runs;

  private BatchPlan(List<List<Integer>> runs) {
    this.runs = runs;
  }

  /**
   * Plans all batches up to {@code most}.
   *
   * @param sizes compiled sizes, ascending
   * @param nanos the time of one run of each
   */
  static BatchPlan of(List<Integer> sizes, List<Long> nanos, int most) {
    List<List<Integer>> runs = new ArrayList<>();
    double[] cost = new double[most + 1];
    runs.add(List.of());
    for (int n = 1; n <= most; n++) {
      cost[n] = Double.POSITIVE_INFINITY;
      int best = sizes.getFirst();
      for (int i = 0; i < sizes.size(); i++) {
        double with = nanos.get(i) + cost[Math.max(0, n - sizes.get(i))];
        if (with <= cost[n]) { // The larger one of equals: fewer runs.
          cost[n] = with;
          best = sizes.get(i);
        }
      }
      List<Integer> plan = new ArrayList<>(List.of(best));
      plan.addAll(runs.get(Math.max(0, n - best)));
      plan.sort(java.util.Comparator.reverseOrder());
      runs.add(List.copyOf(plan));
    }
    return new BatchPlan(runs);
  }

  /** Sizes of the runs of a batch of {@code n}, largest first; only the last one is padded. */
  List<Integer> runs(int n) {
    return runs.get(n);
  }
}
