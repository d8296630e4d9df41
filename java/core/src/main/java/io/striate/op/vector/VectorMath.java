package io.striate.op.vector;

import io.striate.op.Activation.Kind;
import io.striate.op.vector.VectorCode.Floats;
import io.striate.op.vector.VectorCode.Ints;
import io.striate.op.vector.VectorCode.Mask;

/**
 * Elementary and activation functions, written into {@link VectorCode}.
 *
 * <p>The functions are polynomials of our own: the Vector API's EXP and TANH call a native library
 * that is not there on every CPU, and box where it is missing. Error: exp and expm1 within 1.5 ulp,
 * sigmoid and tanh 3, SiLU 4, GELU 8, in the tails too, or below 3e-43 where a factor of the result
 * is subnormal; sigmoid and SiLU are 0 below -88.4, an error below 4e-37. NaN in gives NaN out.
 * Every lane depends on its own input only, so results do not depend on the width.
 */
@SuppressWarnings("FloatingPointLiteralPrecision") // coefficients as their sources print them
final class VectorMath {
  private static final float LOG2_E = 1.442695041f;
  private static final float LN2 = 0.693147181f;
  private static final float LN2_HIGH = 0.693145752f; // 15 bits, so that n·LN2_HIGH is exact
  private static final float LN2_LOW = 1.42860677e-6f;
  private static final float ROUND =
      12582912f; // 1.5·2^23: adding it leaves the nearest integer in the low bits
  private static final float HALF_SQRT_HALF = 0.35355339f;
  private static final float SQRT_2_OVER_PI = 0.79788456f;

  private final VectorCode code;

  VectorMath(VectorCode code) {
    this.code = code;
  }

  /** The activation, as its {@link Kind} says. */
  Floats apply(Kind kind, Floats x, Floats alpha, Floats beta) {
    return switch (kind) {
      case NONE -> x;
      case RELU -> code.blend(x, code.constant(0), negative(x));
      case LEAKY_RELU -> code.blend(x, code.mul(x, alpha), negative(x));
      case ELU -> elu(x, alpha);
      case SELU -> code.mul(elu(x, alpha), beta);
      case SIGMOID -> sigmoid(x);
      case TANH -> tanh(x);
      case SCALED_TANH -> code.mul(tanh(code.mul(x, beta)), alpha);
      case HARD_SIGMOID -> clip(code.add(code.mul(x, alpha), beta), 0, 1);
      case HARD_SWISH ->
          code.mul(
              x, clip(code.add(code.mul(x, code.constant(1 / 6f)), code.constant(0.5f)), 0, 1));
      case GELU -> gelu(x);
      case GELU_TANH -> geluTanh(x);
      case SILU -> code.div(x, onePlusExpOfNegative(x));
      case CLIP -> clip(x, alpha, beta);
    };
  }

  /** min(max(x, low), high); NaN stays. */
  Floats clip(Floats x, float low, float high) {
    return clip(x, code.constant(low), code.constant(high));
  }

  private Floats clip(Floats x, Floats low, Floats high) {
    Floats raised = code.blend(x, low, code.less(x, low));
    return code.blend(raised, high, code.less(high, raised));
  }

  /**
   * exp(x) = 2^n·(1 + expm1(r)), n = round(x / ln 2), |r| ≤ ln 2 / 2. The power of two is applied
   * in two halves, so that results down to the smallest subnormal and up to infinity come out
   * right.
   */
  Floats exp(Floats x) {
    Floats c = clip(x, -104, 89);
    code.exact(c);
    Floats shifted = shifted(c);
    Floats p = expm1Reduced(reduced(c, shifted));
    Ints n = code.bitsPlus(shifted, -Float.floatToRawIntBits(ROUND));
    Ints half = code.shift(n, -1);
    code.exact(p);
    Floats more = code.add(p, code.constant(1));
    code.exact(more);
    Floats scaled = code.mul(more, powerOfTwo(half));
    code.exact(scaled);
    Floats result = code.mul(scaled, powerOfTwo(code.sub(n, half)));
    code.exact(result);
    return result;
  }

  /**
   * exp(x) - 1 without cancellation, for x from -40 to 40: 2^n·expm1(r) + (2^n - 1). The product
   * n·ln 2 needs no second part, as it does in {@link #exp}: what rounding it costs is lost in 2^n.
   */
  private Floats expm1(Floats x) {
    Floats shifted = shifted(x);
    Floats n = code.sub(shifted, code.constant(ROUND));
    Floats p = expm1Reduced(code.fma(n, code.constant(-LN2), x));
    Floats scale = powerOfTwo(code.bitsPlus(shifted, -Float.floatToRawIntBits(ROUND)));
    return code.fma(p, scale, code.add(code.constant(-1), scale));
  }

  private Floats elu(Floats x, Floats alpha) {
    return code.blend(x, code.mul(expm1(clip(x, -40, 40)), alpha), negative(x));
  }

  /** 1 / (1 + exp(-x)). */
  Floats sigmoid(Floats x) {
    return code.div(code.constant(1), onePlusExpOfNegative(x));
  }

  /**
   * 1 + exp(-x) = 1 + 2^n·exp(-r), n = round(-x / ln 2), r = x + n·ln 2; infinity from x = -88.4
   * down. Half as many operations as by {@link #exp}, since neither a subnormal nor a large
   * exponential matters once it is added to 1: one power of two, which may be infinite, and for
   * exp(-r) the polynomial of degree 6 with the least relative error that begins with 1: 2e-9.
   */
  private Floats onePlusExpOfNegative(Floats x) {
    Floats c = clip(x, -89, 87);
    code.exact(c);
    Floats shifted = code.fma(c, code.constant(-LOG2_E), code.constant(ROUND));
    Floats n = code.sub(shifted, code.constant(ROUND));
    Floats r = code.fma(n, code.constant(LN2_LOW), code.fma(n, code.constant(LN2_HIGH), c));
    code.exact(r);
    Floats p =
        horner(
            r,
            1.38436351e-3f,
            -8.37417133e-3f,
            4.16680016e-2f,
            -1.66664317e-1f,
            4.99999940e-1f,
            -1f,
            1f);
    Ints exponent = code.bitsPlus(shifted, -Float.floatToRawIntBits(ROUND));
    return code.fma(p, powerOfTwo(exponent), code.constant(1));
  }

  /** tanh(|x|) = expm1(2|x|) / (expm1(2|x|) + 2), with the sign of x. */
  Floats tanh(Floats x) {
    Floats high = code.constant(10);
    Floats magnitude = code.abs(x);
    Floats clipped = code.blend(magnitude, high, code.less(high, magnitude));
    Floats e = expm1(code.add(clipped, clipped));
    Floats t = code.div(e, code.add(e, code.constant(2)));
    return code.blend(t, code.neg(t), negative(x));
  }

  /** x/2·erfc(-x/√2). */
  private Floats gelu(Floats x) {
    Floats tail = erfcOfHalfRoot(clip(code.abs(x), 0, 17));
    Floats bulk = code.sub(code.constant(2), tail);
    return code.mul(code.mul(x, code.constant(0.5f)), code.blend(bulk, tail, negative(x)));
  }

  /** x/2·(1 + tanh(u)) = x·sigmoid(2u). */
  private Floats geluTanh(Floats x) {
    Floats cubic = code.fma(code.mul(x, x), code.constant(0.044715f), code.constant(1));
    Floats twice = code.mul(code.mul(cubic, x), code.constant(2 * SQRT_2_OVER_PI));
    code.exact(twice);
    return code.div(x, onePlusExpOfNegative(twice));
  }

  /**
   * erfc(z), z = a/√2: t·exp(-z² + P(t)), t = 1 / (1 + z/2), for 0 ≤ a ≤ 17; relative error of the
   * approximation 1.2e-7. z² is a²/2 with the rounding error of a² carried along, or it would cost
   * digits in the tail. Source: Press et al., Numerical Recipes, 2nd edition, section 6.2.
   */
  private Floats erfcOfHalfRoot(Floats a) {
    Floats half = code.constant(0.5f);
    Floats square = code.mul(a, a);
    Floats error = code.mul(code.fma(a, a, code.neg(square)), half);
    Floats one = code.constant(1);
    Floats t = code.div(one, code.fma(a, code.constant(HALF_SQRT_HALF), one));
    Floats p =
        horner(
            t,
            0.17087277f,
            -0.82215223f,
            1.48851587f,
            -1.13520398f,
            0.27886807f,
            -0.18628806f,
            0.09678418f,
            0.37409196f,
            1.00002368f,
            -1.26551223f);
    return code.mul(
        code.mul(t, exp(code.mul(square, code.constant(-0.5f)))), exp(code.sub(p, error)));
  }

  /** x / ln 2 rounded to an integer, plus {@link #ROUND}. */
  private Floats shifted(Floats x) {
    return code.fma(x, code.constant(LOG2_E), code.constant(ROUND));
  }

  /** x - n·ln 2. */
  private Floats reduced(Floats x, Floats shifted) {
    Floats n = code.sub(shifted, code.constant(ROUND));
    return code.fma(n, code.constant(-LN2_LOW), code.fma(n, code.constant(-LN2_HIGH), x));
  }

  /**
   * exp(r) - 1 for |r| ≤ ln 2 / 2: r + r²·p, p the polynomial of degree 4 with the least relative
   * error of the sum, 1.3e-8.
   */
  private Floats expm1Reduced(Floats r) {
    Floats p = horner(r, 1.388252022e-3f, 8.366527216e-3f, 4.166720007e-2f, 1.666654357e-1f, 0.5f);
    return code.fma(p, code.mul(r, r), r);
  }

  /** The polynomial with these coefficients, the highest first. */
  private Floats horner(Floats x, float... coefficients) {
    Floats p = code.constant(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      p = code.fma(p, x, code.constant(coefficients[i]));
      code.exact(p);
    }
    return p;
  }

  /** 2^n for n from -126 to 127. */
  private Floats powerOfTwo(Ints n) {
    return code.floats(n, 127, 23);
  }

  private Mask negative(Floats x) {
    return code.less(x, code.constant(0));
  }
}
