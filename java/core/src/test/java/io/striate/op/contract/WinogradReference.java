package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.Epilogue;
import io.striate.tensor.Shape;
import java.util.List;

/**
 * What a 3x3 convolution by Winograd's algorithm F(m x m, 3x3) must be: values by the formula, in
 * float64, and the bound of the algorithm's error, with the absolute values of its matrices:
 *
 * <p>{@code γ(C+27)·(|Aᵀ| [Σ_c (|G||g||Gᵀ|) ⊙ (|Bᵀ||d||B|)] |A| + |bias| + |residual|)}, C the
 * channels of a group: two steps of each of the three transforms, of at most four roundings, the
 * sum, and the epilogue. docs/kernels/conv.md.
 */
final class WinogradReference {
  private static final int TAPS = 3;

  private final int m;
  private final int n;
  private final double[][] a; // [m][n]
  private final double[][] g; // [n][3]
  private final double[][] b; // [n][n]

  /**
   * The matrices by their definition from points p_j, the last of them at infinity: a[i][j] =
   * p_j^i, g[j][k] = p_j^k / Π(p_j - p_l), b[j][k] the coefficient of x^k in Π(x - p_l) over the
   * others.
   */
  WinogradReference(int m) {
    this.m = m;
    n = m + TAPS - 1;
    double[] p =
        m == 4
            ? new double[] {0, Math.sqrt(0.5), -Math.sqrt(0.5), Math.sqrt(2), -Math.sqrt(2)}
            : new double[] {0, 1, -1};
    a = new double[m][n];
    g = new double[n][TAPS];
    b = new double[n][n];
    for (int j = 0; j < n; j++) {
      boolean finite = j < p.length;
      double norm = 1;
      double[] product = new double[n + 1];
      product[0] = 1;
      int degree = 0;
      for (int l = 0; l < p.length; l++) {
        if (l != j) {
          norm *= finite ? p[j] - p[l] : 1;
          degree++;
          for (int k = degree; k >= 0; k--) {
            product[k] = (k > 0 ? product[k - 1] : 0) - p[l] * (k < degree ? product[k] : 0);
          }
        }
      }
      for (int k = 0; k <= degree; k++) {
        b[j][k] = Math.abs(product[k]);
      }
      for (int i = 0; i < m; i++) {
        a[i][j] = finite ? Math.abs(Math.pow(p[j], i)) : i == m - 1 ? 1 : 0;
      }
      for (int k = 0; k < TAPS; k++) {
        g[j][k] = finite ? Math.abs(Math.pow(p[j], k) / norm) : k == TAPS - 1 ? 1 : 0;
      }
    }
  }

  /** The result of a convolution and the bound of its error. */
  Expected conv(Conv op, List<Arg> args) {
    Activation activation = op.epilogue().activation();
    Epilogue plain = op.epilogue().withActivation(Activation.NONE);
    double[] sums =
        ConvReference.conv(new Conv(op.window(), op.groups(), plain), args, false).value();
    double[] magnitude = magnitudes(op, args);
    double[] value = new double[sums.length];
    double[] bound = new double[sums.length];
    long terms = args.get(1).shape().dim(1) + 27;
    for (int i = 0; i < sums.length; i++) {
      value[i] = ActivationReference.apply(activation, sums[i]);
      double error = Bounds.gamma(terms) * magnitude[i];
      bound[i] = Bounds.activated(activation, sums[i], error, value[i]);
    }
    return new Expected(value, bound);
  }

  private double[] magnitudes(Conv op, List<Arg> args) {
    Shape w = args.get(1).shape();
    Shape out = op.infer(args.stream().map(Arg::shape).toList()).get(0);
    int ocs = (int) w.dim(0);
    int channels = (int) w.dim(1);
    int perGroup = ocs / op.groups();
    int height = (int) out.dim(2);
    int width = (int) out.dim(3);
    double[][][] filters = new double[ocs * channels][][];
    for (int f = 0; f < filters.length; f++) {
      double[][] taps = new double[TAPS][TAPS];
      for (int k = 0; k < TAPS * TAPS; k++) {
        taps[k / TAPS][k % TAPS] = Math.abs(args.get(1).data()[f * TAPS * TAPS + k]);
      }
      filters[f] = sandwich(g, taps);
    }
    double[] magnitude = new double[Math.toIntExact(out.elements())];
    for (int image = 0; image < out.dim(0); image++) {
      for (int top = 0; top < height; top += m) {
        for (int left = 0; left < width; left += m) {
          double[][][] d = new double[channels * op.groups()][][];
          for (int c = 0; c < d.length; c++) {
            d[c] = sandwich(b, pixels(op, args.get(0), image, c, top, left));
          }
          for (int o = 0; o < ocs; o++) {
            double[][] product = new double[n][n];
            for (int c = 0; c < channels; c++) {
              addProducts(product, filters[o * channels + c], d[o / perGroup * channels + c]);
            }
            double[][] y = sandwich(a, product);
            for (int h = top; h < Math.min(top + m, height); h++) {
              for (int x = left; x < Math.min(left + m, width); x++) {
                int at = ((image * ocs + o) * height + h) * width + x;
                magnitude[at] = y[h - top][x - left] + epilogue(op.epilogue(), args, o, at);
              }
            }
          }
        }
      }
    }
    return magnitude;
  }

  private static double epilogue(Epilogue epilogue, List<Arg> args, int channel, int at) {
    double sum = epilogue.hasBias() ? Math.abs(args.get(2).data()[channel]) : 0;
    return sum + (epilogue.hasResidual() ? Math.abs(args.getLast().data()[at]) : 0);
  }

  /** Absolute values of the n x n inputs of a tile of one channel. */
  private double[][] pixels(Conv op, Arg x, int image, int channel, int top, int left) {
    int height = (int) x.shape().dim(2);
    int width = (int) x.shape().dim(3);
    int base = (image * (int) x.shape().dim(1) + channel) * height * width;
    double[][] out = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        int h = top + i - op.window().padBegin().get(0);
        int w = left + j - op.window().padBegin().get(1);
        if (h >= 0 && h < height && w >= 0 && w < width) {
          out[i][j] = Math.abs(x.data()[base + h * width + w]);
        }
      }
    }
    return out;
  }

  private static void addProducts(double[][] sum, double[][] x, double[][] y) {
    for (int i = 0; i < sum.length; i++) {
      for (int j = 0; j < sum.length; j++) {
        sum[i][j] += x[i][j] * y[i][j];
      }
    }
  }

  /** l·x·lᵀ. */
  private static double[][] sandwich(double[][] l, double[][] x) {
    double[][] half = new double[l.length][x.length];
    for (int i = 0; i < l.length; i++) {
      for (int j = 0; j < x.length; j++) {
        for (int k = 0; k < x.length; k++) {
          half[i][j] += l[i][k] * x[k][j];
        }
      }
    }
    double[][] out = new double[l.length][l.length];
    for (int i = 0; i < l.length; i++) {
      for (int j = 0; j < l.length; j++) {
        for (int k = 0; k < x.length; k++) {
          out[i][j] += half[i][k] * l[j][k];
        }
      }
    }
    return out;
  }
}
