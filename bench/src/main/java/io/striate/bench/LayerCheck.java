package io.striate.bench;

/**
 * The right answer of a layer, from the scalar provider, and how far others may be from it: {@code
 * γ·(Σ|x||w| + |bias|)} with {@code γ = (K+1)u/(1-(K+1)u)}, {@code u = 2^-24}, for any order of
 * summation (Higham, Accuracy and Stability, §3), and one rounding of the expected value itself.
 */
final class LayerCheck {
  private static final double UNIT = 0x1p-24;

  private final LayerShape shape;
  private final float[] expected;
  private final float[] magnitudes;
  private final double gamma;

  LayerCheck(LayerShape shape, LayerData data) {
    this.shape = shape;
    this.expected = compute(shape, data);
    this.magnitudes = compute(shape, data.magnitudes());
    double ku = (shape.terms() + 1) * UNIT;
    this.gamma = ku / (1 - ku) + UNIT;
  }

  private static float[] compute(LayerShape shape, LayerData data) {
    try (Layer scalar = Layer.open(shape, data, new Engine(Engine.ORACLE), 1)) {
      scalar.run();
      return scalar.output();
    }
  }

  /** Throws unless every element lies within the bound. */
  void check(Layer layer) {
    float[] actual = layer.output();
    if (actual.length != expected.length) {
      throw new IllegalStateException(
          shape + ": " + actual.length + " results instead of " + expected.length);
    }
    for (int i = 0; i < actual.length; i++) {
      double bound = gamma * magnitudes[i];
      if (!(Math.abs((double) actual[i] - expected[i]) <= bound)) {
        throw new IllegalStateException(
            shape
                + ": "
                + layer.kernelId()
                + " gave "
                + actual[i]
                + " at element "
                + i
                + " instead of "
                + expected[i]
                + " ± "
                + bound);
      }
    }
  }
}
