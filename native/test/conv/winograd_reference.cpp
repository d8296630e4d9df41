#include <math.h>

#include <algorithm>

#include "conv/conv_case.h"

namespace striate::test {
namespace {

// Absolute values of the matrices, from their definition: points p_j, N_j the product of p_j - p_l,
// the last point at infinity. a[i][j] = p_j^i, g[j][k] = p_j^k / N_j, b[j][k] the coefficient of
// x^k in the product of x - p_l over all other points.
struct Matrices {
  double a[4][6] = {}, g[6][3] = {}, b[6][6] = {};
};

Matrices absolute_matrices(int m) {
  const double four[] = {0, sqrt(0.5), -sqrt(0.5), sqrt(2.0), -sqrt(2.0)};
  const double two[] = {0, 1, -1};
  const double* const p = m == 4 ? four : two;
  const int finite = m + 1;
  Matrices out;
  for (int j = 0; j <= finite; ++j) {
    double product[7] = {1}, norm = 1;
    int degree = 0;
    for (int l = 0; l < finite; ++l) {
      if (l == j) continue;
      if (j < finite) norm *= p[j] - p[l];
      ++degree;
      for (int k = degree; k >= 0; --k)
        product[k] = (k > 0 ? product[k - 1] : 0) - p[l] * (k < degree ? product[k] : 0);
    }
    for (int k = 0; k <= degree; ++k) out.b[j][k] = fabs(product[k]);
    for (int i = 0; i < m; ++i) out.a[i][j] = j < finite ? fabs(pow(p[j], i)) : (i == m - 1);
    for (int k = 0; k < 3; ++k) out.g[j][k] = j < finite ? fabs(pow(p[j], k) / norm) : (k == 2);
  }
  return out;
}

}  // namespace

ConvReference winograd_reference(const ConvCase& c, int m, const ConvReference& direct,
                                 const std::vector<float>& src, const std::vector<float>& weights,
                                 const std::vector<float>& bias,
                                 const std::vector<float>& residual) {
  const Matrices t = absolute_matrices(m);
  const int n = m + 2;
  const int y = c.rank - 2, x = c.rank - 1;  // axes; one before them has one element
  const int64_t height = c.out(y), width = c.out(x), out_size = height * width;
  const int64_t in_size = c.in[y] * c.in[x], icg = c.ic / c.groups, ocg = c.oc / c.groups;
  ConvReference r;
  r.sum = direct.sum;
  r.magnitude.resize(direct.sum.size());
  // Two steps of each of the three transforms, of at most four roundings; the sum; the epilogue.
  r.terms = icg + 3 * 2 * 4 + 3;
  std::vector<double> g(static_cast<size_t>(c.oc * icg * n * n));
  for (int64_t f = 0; f < c.oc * icg; ++f)
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        for (int k = 0; k < 9; ++k)
          g[static_cast<size_t>((f * n + i) * n + j)] +=
              t.g[i][k / 3] * fabs(static_cast<double>(weights[static_cast<size_t>(f * 9 + k)])) *
              t.g[j][k % 3];
  std::vector<double> d(static_cast<size_t>(c.ic * n * n));
  for (int64_t image = 0; image < c.n; ++image)
    for (int64_t top = 0; top < height; top += m)
      for (int64_t left = 0; left < width; left += m) {
        for (int64_t channel = 0; channel < c.ic; ++channel) {
          double pixels[6][6] = {}, half[6][6] = {};
          for (int i = 0; i < n; ++i)
            for (int j = 0; j < n; ++j) {
              const int64_t h = top + i - c.pad_begin[y], w = left + j - c.pad_begin[x];
              if (h >= 0 && h < c.in[y] && w >= 0 && w < c.in[x])
                pixels[i][j] = fabs(static_cast<double>(src[static_cast<size_t>(
                    (image * c.ic + channel) * in_size + h * c.in[x] + w)]));
            }
          for (int i = 0; i < n; ++i)
            for (int j = 0; j < n; ++j)
              for (int k = 0; k < n; ++k) half[i][j] += t.b[i][k] * pixels[k][j];
          for (int i = 0; i < n; ++i)
            for (int j = 0; j < n; ++j) {
              double& v = d[static_cast<size_t>((channel * n + i) * n + j)];
              v = 0;
              for (int k = 0; k < n; ++k) v += half[i][k] * t.b[j][k];
            }
        }
        for (int64_t oc = 0; oc < c.oc; ++oc) {
          double product[6][6] = {};
          for (int64_t ic = 0; ic < icg; ++ic)
            for (int i = 0; i < n; ++i)
              for (int j = 0; j < n; ++j)
                product[i][j] += g[static_cast<size_t>(((oc * icg + ic) * n + i) * n + j)] *
                                 d[static_cast<size_t>(((oc / ocg * icg + ic) * n + i) * n + j)];
          for (int64_t h = top; h < std::min<int64_t>(top + m, height); ++h)
            for (int64_t w = left; w < std::min<int64_t>(left + m, width); ++w) {
              const size_t at = static_cast<size_t>((image * c.oc + oc) * out_size + h * width + w);
              double sum = c.bias ? fabs(static_cast<double>(bias[static_cast<size_t>(oc)])) : 0;
              if (c.residual) sum += fabs(static_cast<double>(residual[at]));
              for (int i = 0; i < n; ++i)
                for (int j = 0; j < n; ++j)
                  sum += t.a[h - top][i] * product[i][j] * t.a[w - left][j];
              r.magnitude[at] = sum;
            }
        }
      }
  return r;
}

}  // namespace striate::test
