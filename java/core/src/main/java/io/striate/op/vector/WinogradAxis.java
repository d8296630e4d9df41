package io.striate.op.vector;

import io.striate.op.vector.VectorCode.Floats;
import java.util.Arrays;
import java.util.Optional;

/**
 * The one-dimensional transforms of Winograd's algorithm F(m,r) for r taps: {@code y = A[(G g) ⊙ (B
 * d)]}, where g is the filter, d are n inputs and y the m outputs; at stride 1 n = m + r - 1.
 *
 * <p>The points depend on n only: pairs ±p, before them 0 where n is even, then infinity. With N_j
 * the product of p_j - p_l over the other finite points: {@code A[i][j] = p_j^i}, {@code G[j][k] =
 * p_j^k / N_j}, B[j] are the coefficients of the product of x - p_l over l != j; infinity takes the
 * last output and the last tap. The two rows of a pair agree in every second coefficient and are
 * opposite in the others, which halves the work. Values as in C++, {@code winograd_matrices.h}.
 *
 * <p>At stride 2 with three taps even inputs meet taps 0 and 2 as F(m,2) does, whose m + 1 points
 * come first; the m odd inputs, which tap 1 meets as they are, follow: n = 2m + 1.
 *
 * <p>Sources: Winograd, Arithmetic complexity of computations (SIAM 1980); Lavin &amp; Gray,
 * arXiv:1509.09308; points: Barabasz et al., arXiv:1803.10986.
 */
enum WinogradAxis {
  /** Leaves the axis alone: one tap. */
  ONE(1, 1),
  /** F(2,2), 3 points, for {@link #F2_3_S2}. */
  F2_2(2, 2, 1),
  /** F(4,2), 5 points, for {@link #F4_3_S2}. */
  F4_2(4, 2, 0.5, 1.25),
  /** F(2,3) at stride 2, 5 points: sums and halves only. */
  F2_3_S2(F2_2),
  /** F(4,3) at stride 2, 9 points. */
  F4_3_S2(F4_2),
  /** F(2,3), 4 points: sums and halves only. */
  F2_3(2, 3, 1),
  /** F(4,3), 6 points: powers near 1, for less rounding error than 0, ±1, ±2 have. */
  F4_3(4, 3, Math.sqrt(0.5), Math.sqrt(2)),
  /** F(6,3), 8 points. */
  F6_3(6, 3, 0.5, 1, 2),
  /** F(2,5), 6 points. */
  F2_5(2, 5, Math.sqrt(0.5), Math.sqrt(2)),
  /** F(3,5), 7 points. */
  F3_5(3, 5, 0.3, 0.85, 1.8),
  /** F(4,5), 8 points. */
  F4_5(4, 5, 0.5, 1, 2),
  /** F(4,7), 10 points. */
  F4_7(4, 7, 0.45, 0.8, 1.25, 1 / 0.45);

  private static final double NEAR = 1e-12;

  /** Outputs of a tile along the axis. */
  final int outputs;

  /** Taps of the filter along the axis. */
  final int taps;

  /** Inputs from one output to the next. */
  final int stride;

  /** Inputs of a tile along the axis, and points. */
  final int points;

  /** Of the even inputs, at stride 2. */
  private final Optional<WinogradAxis> even;

  @SuppressWarnings("ImmutableEnumChecker") // never written
  private final double[] finite;

  @SuppressWarnings("ImmutableEnumChecker") // never written
  private final double[][] b;

  @SuppressWarnings("ImmutableEnumChecker") // never written
  private final double[][] g;

  WinogradAxis(int outputs, int taps, double... pairs) {
    this.outputs = outputs;
    this.taps = taps;
    stride = 1;
    even = Optional.empty();
    points = outputs + taps - 1;
    finite = new double[points - 1];
    for (int i = 0; i < pairs.length; i++) {
      finite[firstPair() + 2 * i] = pairs[i];
      finite[firstPair() + 2 * i + 1] = -pairs[i];
    }
    b = new double[points][];
    g = new double[points][taps];
    for (int j = 0; j < points; j++) {
      b[j] = coefficients(j);
      for (int k = 0; k < taps; k++) {
        g[j][k] = j < finite.length ? Math.pow(finite[j], k) / norm(j) : k == taps - 1 ? 1 : 0;
      }
    }
  }

  /** Three taps at stride 2. */
  WinogradAxis(WinogradAxis even) {
    outputs = even.outputs;
    taps = 3;
    stride = 2;
    this.even = Optional.of(even);
    points = even.points + outputs;
    finite = new double[0];
    b = new double[0][];
    g = new double[points][taps];
    for (int j = 0; j < points; j++) {
      if (j < even.points) {
        g[j][0] = even.g[j][0];
        g[j][2] = even.g[j][1];
      } else {
        g[j][1] = 1;
      }
    }
  }

  /** The row of the first pair. */
  private int firstPair() {
    return points % 2 == 0 ? 1 : 0;
  }

  private double norm(int point) {
    double norm = 1;
    for (int l = 0; l < finite.length; l++) {
      norm *= l == point ? 1 : finite[point] - finite[l];
    }
    return norm;
  }

  /** Coefficients of the product of x - p over all finite points p but this one. */
  private double[] coefficients(int point) {
    double[] product = new double[points];
    product[0] = 1;
    for (int l = 0; l < finite.length; l++) {
      for (int k = l == point ? -1 : points - 1; k >= 0; k--) {
        product[k] = (k > 0 ? product[k - 1] : 0) - finite[l] * product[k];
      }
    }
    return product;
  }

  /** B d. The inputs must be loaded vectors. */
  Floats[] input(VectorCode code, Floats[] d) {
    Floats[] out = new Floats[points];
    if (even.isPresent()) {
      Floats[] evens = new Floats[outputs + 1];
      for (int k = 0; k < points; k++) {
        (k % 2 == 0 ? evens : out)[k % 2 == 0 ? k / 2 : evens.length + k / 2] = d[k];
      }
      System.arraycopy(even.get().input(code, evens), 0, out, 0, evens.length);
      return out;
    }
    for (int j = 0; j < points; j++) {
      boolean paired = j >= firstPair() && j + 1 < points;
      if (!paired) {
        out[j] = combine(code, d, b[j]);
        continue;
      }
      double[] equal = new double[points];
      double[] opposite = new double[points];
      for (int k = 0; k < points; k++) {
        ((k + points) % 2 == 0 ? equal : opposite)[k] = b[j][k];
      }
      Floats both = combine(code, d, equal);
      Floats other = combine(code, d, opposite);
      out[j] = exact(code, code.add(both, other));
      out[++j] = exact(code, code.sub(both, other));
    }
    return out;
  }

  /** A m. The points must be loaded vectors. */
  Floats[] output(VectorCode code, Floats[] m) {
    if (even.isPresent()) {
      Floats[] sum = even.get().output(code, Arrays.copyOf(m, outputs + 1));
      for (int i = 0; i < outputs; i++) {
        sum[i] = exact(code, code.add(sum[i], m[outputs + 1 + i]));
      }
      return sum;
    }
    Floats[] sums = m.clone();
    Floats[] differences = m.clone();
    for (int j = firstPair(); j + 1 < points; j += 2) {
      sums[j] = exact(code, code.add(m[j], m[j + 1]));
      differences[j] = exact(code, code.sub(m[j], m[j + 1]));
    }
    Floats[] out = new Floats[outputs];
    for (int i = 0; i < outputs; i++) {
      double[] row = new double[points];
      for (int j = firstPair(); j + 1 < points; j += 2) {
        row[j] = Math.pow(finite[j], i);
      }
      row[0] = i == 0 || firstPair() == 0 ? Math.pow(finite[0], i) : 0;
      row[points - 1] = i == outputs - 1 ? 1 : 0;
      out[i] = combine(code, i % 2 == 0 ? sums : differences, row);
    }
    return out;
  }

  /** {@code Σ c[k]·x[k]}, without the terms whose factor is 0; there is one. */
  private static Floats combine(VectorCode code, Floats[] x, double[] c) {
    int start = 0;
    for (int k = 0; k < x.length; k++) { // the last with factor 1, else with any
      boolean better = isNear(c[k], 1) || !isNear(c[start], 1);
      start = better && !isNear(c[k], 0) ? k : start;
    }
    Floats sum = x[start];
    if (!isNear(c[start], 1)) {
      sum = exact(code, code.mul(x[start], constant(code, c[start])));
    }
    for (int k = 0; k < x.length; k++) {
      if (k == start || isNear(c[k], 0)) {
        continue;
      }
      sum =
          isNear(c[k], 1)
              ? code.add(sum, x[k])
              : isNear(c[k], -1) ? code.sub(sum, x[k]) : code.fma(x[k], constant(code, c[k]), sum);
      code.exact(sum);
    }
    return sum;
  }

  /** With ten points a line is a long stretch of operations. */
  private static Floats exact(VectorCode code, Floats vector) {
    code.exact(vector);
    return vector;
  }

  private static Floats constant(VectorCode code, double value) {
    return code.constant((float) value);
  }

  private static boolean isNear(double a, double b) {
    return Math.abs(a - b) < NEAR;
  }

  /**
   * {@code G_h g G_wᵀ} of {@code count} filters at once, in float64; every value is to be rounded
   * once.
   *
   * @param filters [tap][filter]
   * @param row scratch, [tap of a row][filter]
   * @param to [point][filter]
   */
  static void weights(
      WinogradAxis high,
      WinogradAxis wide,
      int count,
      double[] filters,
      double[] row,
      double[] to) {
    int width = wide.taps * count;
    for (int i = 0; i < high.points; i++) {
      Arrays.fill(row, 0, width, 0);
      for (int t = 0; t < high.taps; t++) {
        addProduct(high.g[i][t], filters, t * width, row, 0, width);
      }
      for (int j = 0; j < wide.points; j++) {
        int at = (i * wide.points + j) * count;
        Arrays.fill(to, at, at + count, 0);
        for (int k = 0; k < wide.taps; k++) {
          addProduct(wide.g[j][k], row, k * count, to, at, count);
        }
      }
    }
  }

  private static void addProduct(
      double factor, double[] from, int fromAt, double[] to, int toAt, int count) {
    for (int i = 0; i < count; i++) {
      to[toAt + i] += factor * from[fromAt + i];
    }
  }
}
