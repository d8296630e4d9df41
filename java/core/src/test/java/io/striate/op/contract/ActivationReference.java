package io.striate.op.contract;

import io.striate.op.Activation;

/** The formulas of {@code striate_activation}, literally. */
final class ActivationReference {
  private ActivationReference() {}

  static double apply(Activation a, double x) {
    double alpha = a.alpha();
    double beta = a.beta();
    return switch (a.kind()) {
      case NONE -> x;
      case RELU -> Math.max(x, 0);
      case LEAKY_RELU -> x >= 0 ? x : alpha * x;
      case ELU -> x >= 0 ? x : alpha * (Math.exp(x) - 1);
      case SELU -> beta * (x > 0 ? x : alpha * (Math.exp(x) - 1));
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case TANH -> Math.tanh(x);
      case SCALED_TANH -> alpha * Math.tanh(beta * x);
      case HARD_SIGMOID -> Math.min(Math.max(alpha * x + beta, 0), 1);
      case HARD_SWISH -> x * Math.min(Math.max(x / 6 + 0.5, 0), 1);
      case GELU -> x / 2 * (1 + erf(x / Math.sqrt(2)));
      case GELU_TANH ->
          x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case SILU -> x / (1 + Math.exp(-x));
      case CLIP -> Math.min(Math.max(x, alpha), beta);
    };
  }

  private static final double[] NODES = {
    -0.9061798459386640, -0.5384693101056831, 0, 0.5384693101056831, 0.9061798459386640
  };
  private static final double[] WEIGHTS = {
    0.2369268850561891,
    0.4786286704993665,
    0.5688888888888889,
    0.4786286704993665,
    0.2369268850561891
  };

  /**
   * {@code 2/√π·∫ exp(-t²) dt} from 0 to x by Gauss-Legendre quadrature on panels, to about 1e-15.
   */
  static double erf(double x) {
    double end = Math.min(Math.abs(x), 7);
    int panels = 1 + (int) (end * 6);
    double half = end / panels / 2;
    double sum = 0;
    for (int i = 0; i < panels; i++) {
      for (int j = 0; j < NODES.length; j++) {
        double t = half * (2 * i + 1 + NODES[j]);
        sum += WEIGHTS[j] * Math.exp(-t * t);
      }
    }
    return Math.signum(x) * 2 / Math.sqrt(Math.PI) * sum * half;
  }
}
