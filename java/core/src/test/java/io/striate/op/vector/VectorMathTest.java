package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.striate.op.Activation.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The error bounds that {@link VectorMath} states, against references in double: a million floats
 * spread over all exponents and both signs, and a fine grid where the functions bend.
 */
@Tag("thorough")
class VectorMathTest {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final int BIT_STEP = 4093;

  /** Below it a subnormal exponential is a factor. */
  private static final double TINY = 3e-43;

  /** Below it sigmoid, and x·sigmoid(x), are 0. */
  private static final double LAST_SIGMOID = 4e-37;

  private static final float GRID_END = 110;
  private static final float GRID_STEP = 1 / 4096f;

  /** A function, its reference, and the bound of its error in ulp. */
  private record Bound(
      String name,
      LineFunction function,
      Kind kind,
      float alpha,
      float beta,
      DoubleUnaryOperator reference,
      double ulps,
      double tiny) {

    static Bound of(Kind kind, DoubleUnaryOperator reference, double ulps) {
      return of(kind, reference, ulps, TINY);
    }

    static Bound of(Kind kind, DoubleUnaryOperator reference, double ulps, double tiny) {
      return new Bound(kind.name(), LineFunction.IDENTITY, kind, 1, 0, reference, ulps, tiny);
    }
  }

  private static final List<Bound> BOUNDS =
      List.of(
          new Bound("EXP", LineFunction.EXP, Kind.NONE, 0, 0, Math::exp, 1.5, TINY),
          Bound.of(Kind.ELU, x -> x < 0 ? Math.expm1(x) : x, 1.5),
          Bound.of(Kind.SIGMOID, VectorMathTest::sigmoid, 3, LAST_SIGMOID),
          Bound.of(Kind.TANH, Math::tanh, 3),
          Bound.of(Kind.SILU, x -> x * sigmoid(x), 4, LAST_SIGMOID),
          Bound.of(Kind.GELU, x -> x / 2 * erfc(-x / Math.sqrt(2)), 8));

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void errorsStayWithinTheirBounds(int bits) {
    assumeTrue(Width.preferredBits() >= bits, "this JVM's vectors are narrower than " + bits);
    Width width = Width.of(bits);
    float[] x = arguments();
    List<String> beyond = new ArrayList<>();
    for (Bound bound : BOUNDS) {
      float[] y = apply(width, bound, x);
      double worst = 0;
      float at = 0;
      for (int i = 0; i < x.length; i++) {
        double error = ulps(y[i], bound.reference.applyAsDouble(x[i]), bound.tiny);
        if (!(error <= worst)) {
          worst = error;
          at = x[i];
        }
      }
      System.out.printf("%s at %d bits: %.2f ulp at %s%n", bound.name, bits, worst, at);
      if (!(worst <= bound.ulps)) {
        beyond.add(bound.name + "(" + at + ") is off by " + worst + " ulp");
      }
    }
    assertTrue(beyond.isEmpty(), beyond.toString());
  }

  @Test
  void nanStaysNanAndInfinitiesAreLimits() {
    float[] x = new float[64];
    x[0] = Float.NaN;
    x[1] = Float.NEGATIVE_INFINITY;
    x[2] = Float.POSITIVE_INFINITY;
    for (Bound bound : BOUNDS) {
      float[] y = apply(Width.of(128), bound, x);
      assertTrue(Float.isNaN(y[0]), bound.name + "(NaN) is " + y[0]);
      float low =
          switch (bound.kind) {
            case ELU, TANH -> -1;
            default -> 0;
          };
      float high =
          switch (bound.kind) {
            case SIGMOID, TANH -> 1;
            default -> Float.POSITIVE_INFINITY;
          };
      // x·0 of SiLU and GELU has no limit in f32 arithmetic
      if (bound.kind != Kind.SILU && bound.kind != Kind.GELU) {
        assertTrue(y[1] == low, bound.name + "(-infinity) is " + y[1]);
      }
      assertTrue(y[2] == high, bound.name + "(infinity) is " + y[2]);
    }
  }

  private static float[] arguments() {
    List<Float> all = new ArrayList<>();
    for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += BIT_STEP) {
      float x = Float.intBitsToFloat((int) bits);
      if (Float.isFinite(x)) {
        all.add(x);
      }
    }
    for (float x = -GRID_END; x < GRID_END; x += GRID_STEP) {
      all.add(x);
    }
    float[] x = new float[all.size() / 64 * 64];
    for (int i = 0; i < x.length; i++) {
      x[i] = all.get(i);
    }
    return x;
  }

  private static float[] apply(Width width, Bound bound, float[] x) {
    LineMap map = LineMaps.of(width, bound.function, 0, bound.kind);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment src = arena.allocate(4L * x.length, 64);
      MemorySegment dst = arena.allocate(4L * x.length, 64);
      MemorySegment.copy(x, 0, src, FLOAT, 0, x.length);
      int last = x.length - width.lanes();
      map.run(src, 0, src, 0, src, 0, src, 0, dst, 0, last, bound.alpha, bound.beta);
      return dst.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  /**
   * Distance in units of the last place of the correctly rounded result; 0 where it is below {@code
   * tiny}.
   */
  private static double ulps(float got, double expected, double tiny) {
    float rounded = (float) expected;
    if (got == rounded || Math.abs(got - expected) < tiny) {
      return 0;
    }
    if (Float.isInfinite(rounded) || Float.isInfinite(got)) {
      return Math.abs(expected) > Float.MAX_VALUE * 0.999999 && Math.abs(got) > 3.4e38
          ? 1
          : Double.POSITIVE_INFINITY;
    }
    return Math.abs(got - expected) / Math.ulp(rounded);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /**
   * The complementary error function to about 1e-14: up to 2 by the series with positive terms,
   * above by its continued fraction (Abramowitz &amp; Stegun 7.1.6 and 7.1.14).
   */
  static double erfc(double z) {
    if (z < 0) {
      return 2 - erfc(-z);
    }
    if (z < 2) {
      double term = z;
      double sum = z;
      for (int n = 1; term > sum * 1e-18; n++) {
        term *= 2 * z * z / (2 * n + 1);
        sum += term;
      }
      return 1 - 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum;
    }
    double fraction = z;
    for (int k = 200; k > 0; k--) {
      fraction = z + k / 2.0 / fraction;
    }
    return Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction;
  }
}
