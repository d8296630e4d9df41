package io.striate.op.vector;

/** What a {@link Fold} does with every tap, and at its end. */
enum FoldKind {
  /** The maximum; a NaN wins. */
  MAX,
  /** Σ x. */
  SUM,
  /** Σ x / divisor. */
  MEAN,
  /** Σ |x|. */
  ABSOLUTE,
  /** √Σ x². */
  ROOT_OF_SQUARES,
  /** Σ x². */
  SQUARES,
  /** Σ w·x / divisor. */
  WEIGHTED;

  /** What an accumulator begins with. */
  float start() {
    return this == MAX ? Float.NEGATIVE_INFINITY : 0;
  }

  /** One tap more, exactly as the vector code does it. */
  float join(float sum, float x, float weight) {
    return switch (this) {
      case MAX -> sum < x || Float.isNaN(x) ? x : sum;
      case SUM, MEAN -> sum + x;
      case ABSOLUTE -> sum + Math.abs(x);
      case ROOT_OF_SQUARES, SQUARES -> Math.fma(x, x, sum);
      case WEIGHTED -> Math.fma(weight, x, sum);
    };
  }

  /** The result. */
  float end(float sum, float divisor) {
    return switch (this) {
      case MEAN, WEIGHTED -> sum / divisor;
      case ROOT_OF_SQUARES -> (float) Math.sqrt(sum);
      case MAX, SUM, ABSOLUTE, SQUARES -> sum;
    };
  }
}
