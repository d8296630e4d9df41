package io.striate.op.scalar;

import io.striate.op.Activation;

/** Activations in float64, to within a few of its units in the last place. */
final class Activations {
  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private Activations() {}

  static double apply(Activation activation, double x) {
    double alpha = activation.alpha();
    double beta = activation.beta();
    return switch (activation.kind()) {
      case NONE -> x;
      case RELU -> x < 0 ? 0 : x;
      case LEAKY_RELU -> x < 0 ? alpha * x : x;
      case ELU -> x < 0 ? alpha * Math.expm1(x) : x;
      case SELU -> beta * (x < 0 ? alpha * Math.expm1(x) : x);
      case SIGMOID -> sigmoid(x);
      case TANH -> Math.tanh(x);
      case SCALED_TANH -> alpha * Math.tanh(beta * x);
      case HARD_SIGMOID -> clip(alpha * x + beta, 0, 1);
      case HARD_SWISH -> x * clip(x / 6 + 0.5, 0, 1);
      case GELU -> x / 2 * Erf.erfc(-x * SQRT_HALF);
      case GELU_TANH -> x * sigmoid(2 * SQRT_2_OVER_PI * (x + 0.044715 * x * x * x));
      case SILU -> x * sigmoid(x);
      case CLIP -> clip(x, alpha, beta);
    };
  }

  /** NaN stays NaN. */
  private static double clip(double x, double low, double high) {
    return Math.min(Math.max(x, low), high);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
