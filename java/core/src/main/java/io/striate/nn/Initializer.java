package io.striate.nn;

import java.util.random.RandomGenerator;

/**
 * Where the first values of a parameter come from. Fan-in is the number of values that one output
 * sums, fan-out the number of outputs that one input reaches; for a convolution both count the
 * elements of the window.
 */
@FunctionalInterface
public interface Initializer {

  /** Draws values one by one from {@code random}. */
  Sampler sampler(long fanIn, long fanOut, RandomGenerator random);

  /** One value after the other. */
  @FunctionalInterface
  interface Sampler {
    /** The next value. */
    float next();
  }

  /** The same value everywhere. */
  static Initializer constant(float value) {
    return (fanIn, fanOut, random) -> () -> value;
  }

  /** Normal values. */
  static Initializer normal(double mean, double deviation) {
    return (fanIn, fanOut, random) -> () -> (float) (mean + deviation * random.nextGaussian());
  }

  /** Uniform values of low (inclusive) to high (exclusive). */
  static Initializer uniform(double low, double high) {
    if (!(low < high)) {
      throw new IllegalArgumentException(
          "uniform: low is " + low + " and high " + high + "; low must be less than high");
    }
    return (fanIn, fanOut, random) -> () -> (float) random.nextDouble(low, high);
  }

  /** Normal, deviation √(2/fanIn), for ReLU: He et al., arXiv:1502.01852, equation 10. */
  static Initializer heNormal() {
    return (fanIn, fanOut, random) ->
        normal(0, Math.sqrt(2.0 / fanIn)).sampler(fanIn, fanOut, random);
  }

  /** Uniform within ±√(6/fanIn): He normal's variance. */
  static Initializer heUniform() {
    return (fanIn, fanOut, random) -> within(Math.sqrt(6.0 / fanIn), random);
  }

  /** Normal, deviation √(2/(fanIn+fanOut)): Glorot &amp; Bengio, AISTATS 2010, equation 12. */
  static Initializer glorotNormal() {
    return (fanIn, fanOut, random) ->
        normal(0, Math.sqrt(2.0 / (fanIn + fanOut))).sampler(fanIn, fanOut, random);
  }

  /** Uniform within ±√(6/(fanIn+fanOut)): Glorot &amp; Bengio, AISTATS 2010, equation 16. */
  static Initializer glorotUniform() {
    return (fanIn, fanOut, random) -> within(Math.sqrt(6.0 / (fanIn + fanOut)), random);
  }

  /**
   * For the weights [C, C, size, size] of a transposed convolution: every channel by itself, linear
   * interpolation along both axes. With stride s, size 2s − s mod 2 and padding ⌈(s−1)/2⌉ it
   * enlarges an image s times. Source: Long et al., arXiv:1411.4038, section 3.3.
   */
  static Initializer bilinear(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("bilinear: size is " + size + "; it must be at least 1");
    }
    return (fanIn, fanOut, random) -> {
      long taps = (long) size * size;
      if (fanOut % taps != 0) {
        throw new IllegalArgumentException(
            "bilinear: size " + size + " is not the size of the layer's window");
      }
      long filters = fanOut / taps;
      long[] next = {0};
      return () -> {
        long i = next[0]++;
        boolean own = i / taps % filters == i / (taps * filters) % filters;
        return own ? tent(size, i / size % size) * tent(size, i % size) : 0;
      };
    };
  }

  /** The weight at a position of a tent of {@code size} positions, 1 at its centre. */
  private static float tent(int size, long at) {
    int half = (size + 1) / 2;
    float centre = size % 2 == 1 ? half - 1 : half - 0.5f;
    return 1 - Math.abs(at - centre) / half;
  }

  private static Sampler within(double limit, RandomGenerator random) {
    return uniform(-limit, limit).sampler(0, 0, random);
  }
}
