package io.striate.op.contract;

/**
 * What a result must be, in row-major order of the logical shape.
 *
 * @param value computed in float64 from the formula
 * @param bound largest allowed distance; 0 asks for equality
 */
record Expected(double[] value, double[] bound) {

  static Expected exact(double[] value) {
    return new Expected(value, new double[value.length]);
  }

  /** The same values without tolerance, where nothing is rounded. */
  Expected exactIf(boolean exact) {
    return exact ? exact(value) : this;
  }

  /** Throws unless every element of {@code actual} is within its bound. */
  void check(String what, float[] actual) {
    if (actual.length != value.length) {
      throw new AssertionError(what + ": " + actual.length + " elements, expected " + value.length);
    }
    int wrong = 0;
    int first = -1;
    for (int i = 0; i < actual.length; i++) {
      if (!near(value[i], actual[i], bound[i])) {
        wrong++;
        first = first < 0 ? i : first;
      }
    }
    if (wrong > 0) {
      throw new AssertionError(
          "%s: %d of %d elements wrong; element %d is %s, expected %s ± %s"
              .formatted(
                  what, wrong, actual.length, first, actual[first], value[first], bound[first]));
    }
  }

  private static boolean near(double expected, float actual, double bound) {
    if (Double.isNaN(expected)) {
      return Float.isNaN(actual);
    }
    return (float) expected == actual || Math.abs(expected - actual) <= bound;
  }
}
