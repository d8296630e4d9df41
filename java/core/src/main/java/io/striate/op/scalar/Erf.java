package io.striate.op.scalar;

/**
 * The complementary error function in float64.
 *
 * <p>Below 2 by the series of positive terms {@code erf(x) = 2/√π·exp(-x²)·Σ
 * 2ⁿx²ⁿ⁺¹/(1·3·…·(2n+1))}, which cannot cancel; from 2 on by the continued fraction {@code erfc(x)
 * = exp(-x²)/√π · 1/(x + ½/(x + 1/(x + 1½/(x + …))))}, cut after a depth at which the rest is below
 * 1e-17. Source: Abramowitz &amp; Stegun, Handbook of mathematical functions, 7.1.6 and 7.1.14.
 */
final class Erf {
  private static final double INVERSE_SQRT_PI = 1 / Math.sqrt(Math.PI);
  private static final int DEPTH = 120;

  private Erf() {}

  static double erfc(double x) {
    return x < 0 ? 2 - upper(-x) : upper(x);
  }

  private static double upper(double x) {
    if (x >= 28) {
      return 0;
    }
    if (x < 2) {
      double term = x;
      double sum = x;
      for (int n = 1; term > sum * 1e-18; n++) {
        term *= 2 * x * x / (2 * n + 1);
        sum += term;
      }
      return 1 - 2 * INVERSE_SQRT_PI * Math.exp(-x * x) * sum;
    }
    double tail = x;
    for (int k = DEPTH; k >= 1; k--) {
      tail = x + 0.5 * k / tail;
    }
    return Math.exp(-x * x) * INVERSE_SQRT_PI / tail;
  }
}
