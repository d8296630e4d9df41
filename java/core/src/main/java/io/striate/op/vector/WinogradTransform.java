package io.striate.op.vector;

import io.striate.op.vector.VectorCode.Floats;

/**
 * The one-dimensional transforms of Winograd's algorithm for 3 taps at stride 1: {@code y = Aᵀ[(G
 * g) ⊙ (Bᵀ d)]}, where g is the filter, d are n = m + 2 inputs and y the m outputs. Both axes
 * together take n² products per tile of m x m outputs and pair of channels instead of 9·m².
 *
 * <p>F(4,3) uses the points 0, ±√½, ±√2 and ∞: their powers stay nearer to 1 than those of 0, ±1,
 * ±2, so there is less rounding error. F(2,3) uses 0, ±1 and ∞: sums and halves only.
 *
 * <p>Sources: Winograd, Arithmetic complexity of computations (SIAM 1980); Lavin &amp; Gray,
 * arXiv:1509.09308; points: Barabasz et al., arXiv:1803.10986.
 */
enum WinogradTransform {
  /** F(2,3): 16 products for 36. */
  F2(2) {
    @Override
    Floats[] input(VectorCode code, Floats[] d) {
      return new Floats[] {
        code.sub(d[0], d[2]), code.add(d[1], d[2]), code.sub(d[2], d[1]), code.sub(d[3], d[1])
      };
    }

    @Override
    Floats[] output(VectorCode code, Floats[] m) {
      return new Floats[] {
        code.add(code.add(m[0], m[1]), m[2]), code.add(code.sub(m[1], m[2]), m[3])
      };
    }

    @Override
    double[][] weightRows() {
      return new double[][] {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
    }
  },

  /** F(4,3): 36 products for 144. */
  F4(4) {
    @Override
    Floats[] input(VectorCode code, Floats[] d) {
      Floats s = code.constant(S);
      Floats r = code.constant(R);
      Floats c = code.constant(-2.5f);
      Floats even1 = code.fma(d[2], code.constant(-2), d[4]);
      Floats odd1 = code.sub(code.mul(d[3], s), code.mul(d[1], r));
      Floats even2 = code.fma(d[2], code.constant(-0.5f), d[4]);
      Floats odd2 = code.sub(code.mul(d[3], r), code.mul(d[1], s));
      return new Floats[] {
        code.fma(d[2], c, code.add(d[0], d[4])),
        code.add(even1, odd1),
        code.sub(even1, odd1),
        code.add(even2, odd2),
        code.sub(even2, odd2),
        code.fma(d[3], c, code.add(d[1], d[5]))
      };
    }

    @Override
    Floats[] output(VectorCode code, Floats[] m) {
      Floats sum1 = code.add(m[1], m[2]);
      Floats difference1 = code.sub(m[1], m[2]);
      Floats sum2 = code.add(m[3], m[4]);
      Floats difference2 = code.sub(m[3], m[4]);
      Floats cubes = code.fma(difference2, code.constant(2 * R), m[5]);
      return new Floats[] {
        code.add(code.add(m[0], sum1), sum2),
        code.fma(difference1, code.constant(S), code.mul(difference2, code.constant(R))),
        code.fma(sum1, code.constant(0.5f), code.mul(sum2, code.constant(2))),
        code.fma(difference1, code.constant(S / 2), cubes)
      };
    }

    @Override
    double[][] weightRows() {
      double s = Math.sqrt(0.5);
      double r = Math.sqrt(2);
      return new double[][] {
        {1, 0, 0},
        {-2.0 / 3, -2.0 / 3 * s, -1.0 / 3},
        {-2.0 / 3, 2.0 / 3 * s, -1.0 / 3},
        {1.0 / 6, r / 6, 1.0 / 3},
        {1.0 / 6, -r / 6, 1.0 / 3},
        {0, 0, 1}
      };
    }
  };

  private static final float S = 0.70710677f; // √½
  private static final float R = 1.4142135f; // √2

  /** Taps of the filter along an axis. */
  static final int TAPS = 3;

  /** Outputs of a tile along an axis. */
  final int outputs;

  /** Inputs of a tile along an axis, and points. */
  final int points;

  @SuppressWarnings("ImmutableEnumChecker") // never written
  private final double[][] g = weightRows();

  WinogradTransform(int outputs) {
    this.outputs = outputs;
    this.points = outputs + TAPS - 1;
  }

  /** Bᵀ d. The inputs must be loaded vectors. */
  abstract Floats[] input(VectorCode code, Floats[] d);

  /** Aᵀ m. The points must be loaded vectors. */
  abstract Floats[] output(VectorCode code, Floats[] m);

  /**
   * G. Row j holds the powers of point j over the product of its distances to the other points; the
   * point at infinity takes the last tap.
   */
  abstract double[][] weightRows();

  /** {@code G g Gᵀ} of a 3x3 filter in float64, row by row; every value is to be rounded once. */
  void weights(double[] filter, double[] to) {
    double[] row = new double[TAPS];
    for (int i = 0; i < points; i++) {
      for (int k = 0; k < TAPS; k++) {
        row[k] = g[i][0] * filter[k] + g[i][1] * filter[TAPS + k] + g[i][2] * filter[2 * TAPS + k];
      }
      for (int j = 0; j < points; j++) {
        to[i * points + j] = row[0] * g[j][0] + row[1] * g[j][1] + row[2] * g[j][2];
      }
    }
  }
}
