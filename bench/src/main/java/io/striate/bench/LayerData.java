package io.striate.bench;

import io.striate.tensor.Shape;
import java.util.SplittableRandom;

/**
 * Operands of a layer in row-major order: uniform values from a seed, weights scaled so that
 * results are of the order of 1.
 */
record LayerData(float[] src, float[] weights, float[] bias) {

  static LayerData seeded(LayerShape shape, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new LayerData(
        uniform(random, shape.src(), 1),
        uniform(random, shape.weights(), Math.sqrt(3.0 / shape.terms())),
        uniform(random, shape.bias(), 0.5));
  }

  private static float[] uniform(SplittableRandom random, Shape shape, double range) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (range * (2 * random.nextDouble() - 1));
    }
    return values;
  }

  /** The magnitudes of all values: with them a layer computes Σ|x||w| + |bias|. */
  LayerData magnitudes() {
    return new LayerData(magnitudes(src), magnitudes(weights), magnitudes(bias));
  }

  private static float[] magnitudes(float[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.abs(values[i]);
    }
    return out;
  }
}
