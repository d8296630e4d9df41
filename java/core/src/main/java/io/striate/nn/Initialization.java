package io.striate.nn;

/**
 * The initializers of a network, by kind of value.
 *
 * @param weights of convolutions and dense layers
 * @param bias of the same
 * @param scale of batch normalisation and {@link Flow#scale() scale layers}
 * @param shift of the same
 * @param mean the running mean of batch normalisation
 * @param variance the running variance of batch normalisation
 */
public record Initialization(
    Initializer weights,
    Initializer bias,
    Initializer scale,
    Initializer shift,
    Initializer mean,
    Initializer variance) {

  private static final Initializer ZERO = Initializer.constant(0);
  private static final Initializer ONE = Initializer.constant(1);

  /**
   * What training begins with: He normal weights, no bias, batch normalisation that does nothing.
   */
  public static Initialization standard() {
    return new Initialization(Initializer.heNormal(), ZERO, ONE, ZERO, ZERO, ONE);
  }

  /**
   * He normal weights and small random values in place of zeros and ones, so that no term of an
   * untrained network is without effect: for tests and benchmarks.
   */
  public static Initialization perturbed() {
    Initializer small = Initializer.normal(0, 0.1);
    return new Initialization(
        Initializer.heNormal(),
        Initializer.normal(0, 0.05),
        Initializer.normal(1, 0.1),
        small,
        small,
        Initializer.uniform(0.8, 1.2));
  }

  /** The same with other weights. */
  public Initialization withWeights(Initializer next) {
    return new Initialization(next, bias, scale, shift, mean, variance);
  }
}
