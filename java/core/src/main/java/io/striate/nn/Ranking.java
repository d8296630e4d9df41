package io.striate.nn;

import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Reads a classifier's scores. */
public final class Ranking {
  /** A class and its score. */
  public record Ranked(int index, float score) {}

  private Ranking() {}

  /**
   * The {@code k} highest scores of image {@code n}, best first; equal scores in order of the
   * class. The image's scores are all elements of row {@code n}, so N, C, 1, 1 serves as well as N,
   * C.
   */
  public static List<Ranked> topK(Tensor scores, int n, int k) {
    float[] row = row(scores, n);
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + "; it must be at least 1");
    }
    return IntStream.range(0, row.length)
        .mapToObj(i -> new Ranked(i, row[i]))
        .sorted(
            Comparator.comparingDouble((Ranked r) -> -r.score()).thenComparingInt(Ranked::index))
        .limit(k)
        .toList();
  }

  /** Index of the highest score of image {@code n}. */
  public static int top(Tensor scores, int n) {
    return topK(scores, n, 1).get(0).index();
  }

  /** Softmax of the scores of image {@code n}, whose entries the model left unnormalised. */
  public static List<Ranked> probabilities(Tensor scores, int n, int k) {
    float[] row = row(scores, n);
    double max = Double.NEGATIVE_INFINITY;
    for (float s : row) {
      max = Math.max(max, s);
    }
    double sum = 0;
    for (float s : row) {
      sum += Math.exp(s - max);
    }
    List<Ranked> out = new ArrayList<>();
    for (Ranked r : topK(scores, n, k)) {
      out.add(new Ranked(r.index(), (float) (Math.exp(r.score() - max) / sum)));
    }
    return out;
  }

  private static float[] row(Tensor scores, int n) {
    long batch = scores.shape().rank() == 0 ? 1 : scores.shape().dim(0);
    if (n < 0 || n >= batch) {
      throw new IllegalArgumentException(
          "image " + n + " is outside the batch of " + scores.shape());
    }
    float[] all = scores.toArray();
    int size = Math.toIntExact(all.length / batch);
    return java.util.Arrays.copyOfRange(all, n * size, (n + 1) * size);
  }
}
