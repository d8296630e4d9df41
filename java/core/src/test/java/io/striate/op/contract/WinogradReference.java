package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.Epilogue;
import io.striate.tensor.Shape;
import java.util.List;

/**
 * What a convolution by Winograd's algorithm F(MHxMW,RHxRW) must be: values by the formula, in
 * float64, and the bound of the algorithm's error, with the absolute values of its matrices:
 *
 * <p>{@code γ(C + N_h + N_w + 23)·(|A_h| [Σ_c (|G_h||g||G_wᵀ|) ⊙ (|B_h||d||B_wᵀ|)] |A_wᵀ| + |bias|
 * + |residual|)}, C the channels of a group: at most N + 6 roundings along an axis of N points, 4
 * of weights in float along each, the sum, and the epilogue. docs/kernels/conv.md.
 */
final class WinogradReference {
  private final Axis high;
  private final Axis wide;
  private final int stride;

  /**
   * The form of {@code highOutputs x wideOutputs} outputs per tile and a kernel of {@code highTaps
   * x wideTaps}.
   */
  WinogradReference(int highOutputs, int wideOutputs, int highTaps, int wideTaps, int stride) {
    high = stride == 2 ? new Axis(highOutputs) : new Axis(highOutputs, highTaps);
    wide = stride == 2 ? new Axis(wideOutputs) : new Axis(wideOutputs, wideTaps);
    this.stride = stride;
  }

  /** The absolute values of the matrices of F(m,r). */
  private static final class Axis {
    final int m;
    final int r;
    final int n;
    final double[][] a; // [m][n]
    final double[][] g; // [n][r]
    final double[][] b; // [n][n]

    /**
     * The matrices by their definition from points p_j, the last of them at infinity: a[i][j] =
     * p_j^i, g[j][k] = p_j^k / Π(p_j - p_l), b[j][k] the coefficient of x^k in Π(x - p_l) over the
     * others.
     */
    Axis(int m, int r) {
      this.m = m;
      this.r = r;
      n = m + r - 1;
      double[] p = points(n);
      a = new double[m][n];
      g = new double[n][r];
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
        for (int k = 0; k < r; k++) {
          g[j][k] = finite ? Math.abs(Math.pow(p[j], k) / norm) : k == r - 1 ? 1 : 0;
        }
      }
    }

    /**
     * Three taps at stride 2: the even inputs meet taps 0 and 2 by F(m,2), the odd ones tap 1 as
     * they are.
     */
    Axis(int m) {
      Axis even = new Axis(m, 2);
      this.m = m;
      r = 3;
      n = 2 * m + 1;
      a = new double[m][n];
      g = new double[n][r];
      b = new double[n][n];
      for (int j = 0; j <= m; j++) {
        for (int k = 0; k <= m; k++) {
          b[j][2 * k] = even.b[j][k];
        }
        for (int i = 0; i < m; i++) {
          a[i][j] = even.a[i][j];
        }
        g[j][0] = even.g[j][0];
        g[j][2] = even.g[j][1];
      }
      for (int i = 0; i < m; i++) {
        b[m + 1 + i][2 * i + 1] = 1;
        a[i][m + 1 + i] = 1;
        g[m + 1 + i][1] = 1;
      }
    }

    /** The finite points. */
    private static double[] points(int n) {
      double root = Math.sqrt(0.5);
      return switch (n) {
        case 1 -> new double[0];
        case 3 -> new double[] {1, -1};
        case 5 -> new double[] {0.5, -0.5, 1.25, -1.25};
        case 4 -> new double[] {0, 1, -1};
        case 6 -> new double[] {0, root, -root, 2 * root, -2 * root};
        case 7 -> new double[] {0.3, -0.3, 0.85, -0.85, 1.8, -1.8};
        case 8 -> new double[] {0, 0.5, -0.5, 1, -1, 2, -2};
        case 10 -> new double[] {0, 0.45, -0.45, 0.8, -0.8, 1.25, -1.25, 1 / 0.45, -1 / 0.45};
        default -> throw new IllegalArgumentException("no points for n = " + n);
      };
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
    long terms = args.get(1).shape().dim(1) + high.n + wide.n + 23;
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
      double[][] taps = new double[high.r][wide.r];
      for (int k = 0; k < high.r * wide.r; k++) {
        taps[k / wide.r][k % wide.r] = Math.abs(args.get(1).data()[f * high.r * wide.r + k]);
      }
      filters[f] = sandwich(high.g, taps, wide.g);
    }
    double[] magnitude = new double[Math.toIntExact(out.elements())];
    for (int image = 0; image < out.dim(0); image++) {
      for (int top = 0; top < height; top += high.m) {
        for (int left = 0; left < width; left += wide.m) {
          double[][][] d = new double[channels * op.groups()][][];
          for (int c = 0; c < d.length; c++) {
            d[c] = sandwich(high.b, pixels(op, args.get(0), image, c, top, left), wide.b);
          }
          for (int o = 0; o < ocs; o++) {
            double[][] product = new double[high.n][wide.n];
            for (int c = 0; c < channels; c++) {
              addProducts(product, filters[o * channels + c], d[o / perGroup * channels + c]);
            }
            double[][] y = sandwich(high.a, product, wide.a);
            for (int h = top; h < Math.min(top + high.m, height); h++) {
              for (int x = left; x < Math.min(left + wide.m, width); x++) {
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

  /** Absolute values of the inputs of a tile of one channel. */
  private double[][] pixels(Conv op, Arg x, int image, int channel, int top, int left) {
    int height = (int) x.shape().dim(2);
    int width = (int) x.shape().dim(3);
    int base = (image * (int) x.shape().dim(1) + channel) * height * width;
    double[][] out = new double[high.n][wide.n];
    for (int i = 0; i < high.n; i++) {
      for (int j = 0; j < wide.n; j++) {
        int h = top * stride + i - op.window().padBegin().get(0);
        int w = left * stride + j - op.window().padBegin().get(1);
        if (h >= 0 && h < height && w >= 0 && w < width) {
          out[i][j] = Math.abs(x.data()[base + h * width + w]);
        }
      }
    }
    return out;
  }

  private static void addProducts(double[][] sum, double[][] x, double[][] y) {
    for (int i = 0; i < sum.length; i++) {
      for (int j = 0; j < sum[i].length; j++) {
        sum[i][j] += x[i][j] * y[i][j];
      }
    }
  }

  /** l·x·rᵀ. */
  private static double[][] sandwich(double[][] l, double[][] x, double[][] r) {
    double[][] out = new double[l.length][r.length];
    for (int i = 0; i < l.length; i++) {
      for (int j = 0; j < r.length; j++) {
        for (int k = 0; k < x.length; k++) {
          for (int q = 0; q < x[k].length; q++) {
            out[i][j] += l[i][k] * x[k][q] * r[j][q];
          }
        }
      }
    }
    return out;
  }
}
