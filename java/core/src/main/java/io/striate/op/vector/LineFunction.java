package io.striate.op.vector;

import io.striate.op.vector.VectorCode.Floats;

/**
 * What a {@link LineMap} computes from one element of each of its sources, before the activation.
 */
enum LineFunction {
  /** a. */
  IDENTITY(1),
  /** a + b. */
  ADD(2),
  /** a - b. */
  SUB(2),
  /** a·b. */
  MUL(2),
  /** a / b. */
  DIV(2),
  /** a·b + c, the product and the sum rounded one after the other. */
  MUL_ADD(3),
  /** a &gt;= 0 ? a : b·a. */
  PRELU(2),
  /** (a - c)·b + d, the product and sum rounded once. */
  NORMALIZE(4),
  /** a². */
  SQUARE(1),
  /** a / alpha. */
  OVER(1),
  /** exp(a - alpha). */
  EXP(1),
  /** (a - alpha) - beta. */
  MINUS_BOTH(1),
  /** exp(a - b). */
  EXP_OF_DIFFERENCE(2),
  /** (a - b) - c. */
  MINUS_TWO(3),
  /** a + alpha·(b - a). */
  LERP(2),
  /** a / √(beta + alpha·b). */
  OVER_ROOT(2),
  /** a / (beta + alpha·b)^(3/4), within 2.5 ulp of the exact power. */
  OVER_ROOTS(2),
  /** a / (beta + alpha·b). */
  OVER_SUM(2);

  /** Number of sources. */
  final int sources;

  LineFunction(int sources) {
    this.sources = sources;
  }

  Floats emit(VectorCode code, VectorMath math, Floats[] x, Floats alpha, Floats beta) {
    return switch (this) {
      case IDENTITY -> x[0];
      case ADD -> code.add(x[0], x[1]);
      case SUB -> code.sub(x[0], x[1]);
      case MUL -> code.mul(x[0], x[1]);
      case DIV -> code.div(x[0], x[1]);
      case MUL_ADD -> code.add(code.mul(x[0], x[1]), x[2]);
      case PRELU -> code.blend(x[0], code.mul(x[0], x[1]), code.less(x[0], code.constant(0)));
      case NORMALIZE -> code.fma(code.sub(x[0], x[2]), x[1], x[3]);
      case SQUARE -> code.mul(x[0], x[0]);
      case OVER -> code.div(x[0], alpha);
      case EXP -> math.exp(code.sub(x[0], alpha));
      case MINUS_BOTH -> code.sub(code.sub(x[0], alpha), beta);
      case EXP_OF_DIFFERENCE -> math.exp(code.sub(x[0], x[1]));
      case MINUS_TWO -> code.sub(code.sub(x[0], x[1]), x[2]);
      case LERP -> code.add(x[0], code.mul(alpha, code.sub(x[1], x[0])));
      case OVER_ROOT -> code.div(x[0], code.sqrt(code.fma(alpha, x[1], beta)));
      case OVER_ROOTS -> {
        Floats root = code.sqrt(code.fma(alpha, x[1], beta));
        yield code.div(x[0], code.mul(root, code.sqrt(root)));
      }
      case OVER_SUM -> code.div(x[0], code.fma(alpha, x[1], beta));
    };
  }
}
