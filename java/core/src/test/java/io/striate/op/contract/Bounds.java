package io.striate.op.contract;

import io.striate.op.Activation;

/**
 * Error bounds of f32 results, after Higham, Accuracy and Stability of Numerical Algorithms,
 * section 3. {@code u} is the unit roundoff 2^-24.
 */
final class Bounds {
  static final double U = 0x1p-24;

  /**
   * Allowed error of a transcendental function on values of size 1: exp within 2 units in the last
   * place (4u), one addition and one division or multiplication (u each), rounded up to 8u.
   */
  static final double EVALUATION = 8 * U;

  private Bounds() {}

  /** γ(n) = n·u / (1 - n·u). */
  static double gamma(long n) {
    return n * U / (1 - n * U);
  }

  /**
   * Error of a sum of {@code terms} products (or numbers) whose absolute values add up to {@code
   * magnitude}.
   */
  static double sum(long terms, double magnitude) {
    return gamma(terms + 1) * magnitude;
  }

  /**
   * Whether results on small integers are integers or dyadic fractions, so that nothing is rounded.
   */
  static boolean isExact(Activation a) {
    return switch (a.kind()) {
      case NONE, RELU, CLIP -> true;
      case LEAKY_RELU -> Math.getExponent(a.alpha()) >= -4 && Math.scalb(a.alpha(), 4) % 1 == 0;
      default -> false;
    };
  }

  /** Largest slope of the function: how much an error of its argument grows. */
  static double slope(Activation a) {
    double alpha = Math.abs(a.alpha());
    double beta = Math.abs(a.beta());
    return switch (a.kind()) {
      case NONE, RELU, CLIP, TANH -> 1;
      case LEAKY_RELU, ELU -> Math.max(1, alpha);
      case SELU -> beta * Math.max(1, alpha);
      case SIGMOID -> 0.25;
      case SCALED_TANH -> alpha * beta;
      case HARD_SIGMOID -> alpha;
      case HARD_SWISH -> 1.5;
      case GELU, GELU_TANH, SILU -> 1.2;
    };
  }

  /**
   * Error of evaluating the function at x in f32. ELU and its kin may compute exp(x) - 1 literally,
   * whose error is absolute; GELU and SiLU multiply a factor of size 1 by x.
   */
  static double evaluation(Activation a, double x) {
    double alpha = Math.abs(a.alpha());
    double beta = Math.abs(a.beta());
    double size = Math.abs(x);
    return switch (a.kind()) {
      case NONE, RELU, CLIP -> 0;
      case LEAKY_RELU -> U * alpha * size;
      case ELU -> EVALUATION * Math.max(1, alpha);
      case SELU -> EVALUATION * beta * Math.max(1, alpha) + 2 * U * beta * size;
      case SIGMOID, TANH -> EVALUATION;
      case SCALED_TANH -> EVALUATION * Math.max(1, alpha);
      case HARD_SIGMOID -> 2 * U * (Math.min(alpha * size, 2) + beta + 1);
      case HARD_SWISH -> 4 * U * size;
      case GELU, GELU_TANH, SILU -> EVALUATION * size;
    };
  }

  /**
   * Bound of {@code activation(z)} where the argument z has error {@code error}, the result rounded
   * once more.
   */
  static double activated(Activation a, double z, double error, double result) {
    return slope(a) * error + evaluation(a, z) + U * Math.abs(result);
  }
}
