package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.nn.Model;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The neocognitron tells patterns apart wherever they are: five letters, each at 25 places, of
 * which it has learned one. It learns here as in Fukushima 1980, section 3, but at one stroke: a
 * plane's weights become the pattern that its seed cell sees.
 */
class NeocognitronTest {
  private static final int SIDE = 16;
  private static final int PLANES = Neocognitron.PLANES;

  /** So strong that the ones of the cells' formula do not count. */
  private static final float STRENGTH = 1000;

  private static final String[] LETTERS = {
    """
    #######
    ...#...
    ...#...
    ...#...
    ...#...
    ...#...
    ...#...
    """,
    """
    #......
    #......
    #......
    #......
    #......
    #......
    #######
    """,
    """
    #.....#
    .#...#.
    ..#.#..
    ...#...
    ..#.#..
    .#...#.
    #.....#
    """,
    """
    #######
    #.....#
    #.....#
    #.....#
    #.....#
    #.....#
    #######
    """,
    """
    #######
    .....#.
    ....#..
    ...#...
    ..#....
    .#.....
    #######
    """
  };

  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final Model untrained = Zoo.of("neocognitron").build();

  private static float[] letter(int index, int top, int left) {
    float[] pixels = new float[SIDE * SIDE];
    List<String> rows = LETTERS[index].lines().toList();
    for (int y = 0; y < rows.size(); y++) {
      for (int x = 0; x < rows.get(y).length(); x++) {
        pixels[(top + y) * SIDE + left + x] = rows.get(y).charAt(x) == '#' ? 1 : 0;
      }
    }
    return pixels;
  }

  /** The answers to some images. */
  private static List<float[]> run(Model model, List<float[]> images) {
    List<float[]> answers = new ArrayList<>();
    try (CompiledModel compiled = model.compile(Options.defaults().threads(1));
        Execution run = compiled.newExecution()) {
      for (float[] pixels : images) {
        run.input().copyFrom(pixels);
        run.run();
        answers.add(run.output().toArray());
      }
    }
    return answers;
  }

  private Model trained() {
    return untrained.withWeights(weights);
  }

  /** What a 5×5 field at (top, left) of planes side×side sees. */
  private static float[] field(float[] planes, int side, int top, int left) {
    int count = planes.length / (side * side);
    float[] field = new float[count * 25];
    for (int k = 0; k < count; k++) {
      for (int i = 0; i < 25; i++) {
        int y = top + i / 5;
        int x = left + i % 5;
        boolean inside = y >= 0 && y < side && x >= 0 && x < side;
        field[k * 25 + i] = inside ? planes[(k * side + y) * side + x] : 0;
      }
    }
    return field;
  }

  /** The fixed weights c; their sum over all planes is 1. */
  private static final double[] C = weights(Neocognitron.inputField().toArray());

  private static double[] weights(float[] field) {
    double sum = 0;
    for (float w : field) {
      sum += w;
    }
    double[] all = new double[field.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = field[i] / sum;
    }
    return all;
  }

  private static double product(float[] p, float[] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += C[i % 25] * p[i] * q[i];
    }
    int planes = p.length / 25;
    return sum / planes;
  }

  private static double cosine(float[] p, float[] q) {
    double norm = Math.sqrt(product(p, p) * product(q, q));
    return norm == 0 ? 0 : product(p, q) / norm;
  }

  /** Gives plane after plane of a stage the weights that one of the patterns reinforces. */
  private void learn(int stage, List<float[]> patterns) {
    int length =
        Math.toIntExact(untrained.weights().get("us" + stage + ".weight").shape().elements());
    float[] a = new float[length];
    float[] b = new float[PLANES];
    for (int k = 0; k < patterns.size(); k++) {
      float[] p = patterns.get(k);
      int planes = p.length / 25;
      for (int i = 0; i < p.length; i++) {
        a[k * p.length + i] = (float) (STRENGTH * C[i % 25] / planes * p[i]);
      }
      b[k] = (float) (STRENGTH * Math.sqrt(product(p, p)));
    }
    weights.put(
        "us" + stage + ".weight", Tensor.of(Shape.of(PLANES, length / PLANES / 25, 5, 5), a));
    weights.put("vs" + stage + ".weight", Tensor.of(Shape.of(PLANES, 1, 1, 1), b));
  }

  /** Line segments of twelve directions. */
  private static List<float[]> segments() {
    List<float[]> segments = new ArrayList<>();
    for (int d = 0; d < 12; d++) {
      float[] p = new float[25];
      double angle = Math.PI * d / 12;
      for (int i = 0; i < 25; i++) {
        double across = (i % 5 - 2) * Math.sin(angle) - (i / 5 - 2) * Math.cos(angle);
        p[i] = (float) Math.max(0, 1 - Math.abs(across));
      }
      segments.add(p);
    }
    return segments;
  }

  /** Image by image, the field of the strongest cell that nothing learned so far answers to. */
  private static List<float[]> features(List<float[]> seen, int side, int outputs, int padding) {
    List<float[]> learned = new ArrayList<>();
    for (int turn = 0; learned.size() < PLANES && turn < PLANES * seen.size(); turn++) {
      float[] planes = seen.get(turn % seen.size());
      float[] best = new float[planes.length / (side * side) * 25];
      for (int i = 0; i < outputs * outputs; i++) {
        float[] f = field(planes, side, i / outputs - padding, i % outputs - padding);
        boolean known = learned.stream().anyMatch(l -> cosine(l, f) > 0.8);
        best = !known && product(f, f) > product(best, best) ? f : best;
      }
      if (product(best, best) > 0) {
        learned.add(best);
      }
    }
    return learned;
  }

  private List<float[]> answers(String layer) {
    List<float[]> letters = new ArrayList<>();
    for (int i = 0; i < LETTERS.length; i++) {
      letters.add(letter(i, 4, 4));
    }
    return run(trained().outputsAt(layer), letters);
  }

  private static int largest(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  @Test
  void recognisesShiftedPatterns() {
    weights.putAll(untrained.weights());
    learn(1, segments());
    learn(2, features(answers("uc1.saturation"), 10, 8, 1));
    List<float[]> whole = new ArrayList<>();
    for (float[] planes : answers("uc2.saturation")) {
      float[] best = field(planes, 6, 0, 0);
      for (int i = 1; i < 4; i++) {
        float[] f = field(planes, 6, i / 2, i % 2);
        best = product(f, f) > product(best, best) ? f : best;
      }
      whole.add(best);
    }
    learn(3, whole);
    List<float[]> images = new ArrayList<>();
    for (int i = 0; i < 25 * LETTERS.length; i++) {
      images.add(letter(i / 25, 2 + i / 5 % 5, 2 + i % 5));
    }
    List<float[]> found = run(trained(), images);
    int missedByPixels = 0;
    for (int i = 0; i < images.size(); i++) {
      float[] y = found.get(i);
      String where = "letter " + i / 25 + " shifted by " + (i / 5 % 5 - 2) + ", " + (i % 5 - 2);
      assertTrue(y[i / 25] > 0, where);
      assertEquals(i / 25, largest(y), where);
      missedByPixels += nearestInPixels(images.get(i)) == i / 25 ? 0 : 1;
    }
    assertTrue(missedByPixels > 60, missedByPixels + " shifted letters missed by pixels");
  }

  /** Which letter, in its place, overlaps most with the image. */
  private static int nearestInPixels(float[] x) {
    float[] overlap = new float[LETTERS.length];
    for (int i = 0; i < LETTERS.length; i++) {
      float[] p = letter(i, 4, 4);
      double norm = 0;
      double dot = 0;
      for (int j = 0; j < p.length; j++) {
        dot += p[j] * x[j];
        norm += p[j];
      }
      overlap[i] = (float) (dot / Math.sqrt(norm));
    }
    return largest(overlap);
  }

  /** The formula of an S-cell, at one place, by hand. */
  @Test
  void sCellsFollowTheFormula() {
    Model model = Zoo.seeded("neocognitron", 3);
    float[] x = new float[SIDE * SIDE];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.abs(Math.sin(i * i * 0.01));
    }
    float[] field = field(x, SIDE, 5 - 2, 7 - 2);
    double v = Math.sqrt(product(field, field));
    float[] cells = run(model.outputsAt("us1.gain"), List.of(x)).get(0);
    float r = Neocognitron.SELECTIVITY[0];
    int active = 0;
    for (int k = 0; k < PLANES; k++) {
      double e = 0;
      for (int i = 0; i < 25; i++) {
        e += model.weights().get("us1.weight").get(k, 0, i / 5, i % 5) * field[i];
      }
      double b = model.weights().get("vs1.weight").get(k, 0, 0, 0);
      double expected = r * Math.max(0, (1 + e) / (1 + r / (1 + r) * b * v) - 1);
      assertEquals(expected, cells[(k * SIDE + 5) * SIDE + 7], 1e-5);
      active += expected > 0 ? 1 : 0;
    }
    assertTrue(active > 0 && active < PLANES, active + " active cells");
  }

  /** The formula of a C-cell, at one place, by hand. */
  @Test
  void cCellsFollowTheFormula() {
    Model model = Zoo.seeded("neocognitron", 3).outputsAt("us3.gain", "uc3.saturation");
    float[] x = new float[SIDE * SIDE];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.abs(Math.sin(i * i * 0.01));
    }
    try (CompiledModel compiled = model.compile(Options.defaults().threads(1));
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(x);
      run.run();
      double[] d = new double[PLANES];
      double mean = 0;
      for (int k = 0; k < PLANES; k++) {
        // All four cells of a plane are equally far from the centre of the field.
        for (int i = 0; i < 4; i++) {
          d[k] += run.output("us3.gain").get(0, k, i / 2, i % 2);
        }
        mean += d[k] / PLANES;
      }
      assertTrue(mean > 0);
      for (int k = 0; k < PLANES; k++) {
        double positive = Math.max(0, (1 + d[k]) / (1 + mean) - 1);
        double expected = positive / (0.5 + positive);
        assertEquals(expected, run.output("uc3.saturation").get(0, k, 0, 0), 1e-5);
      }
    }
  }
}
