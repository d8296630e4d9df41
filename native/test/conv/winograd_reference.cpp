#include <math.h>
#include <stdio.h>

#include <algorithm>

#include "conv/conv_case.h"

namespace striate::test {
namespace {

constexpr int kMost = 10;  // points along an axis

// Absolute values of the matrices of F(m,r), from their definition: points p_j, N_j the product of
// p_j - p_l, the last point at infinity. a[i][j] = p_j^i, g[j][k] = p_j^k / N_j, b[j][k] the
// coefficient of x^k in the product of x - p_l over all other points.
struct Matrices {
  int points;
  double a[kMost][kMost] = {}, g[kMost][kMost] = {}, b[kMost][kMost] = {};
  // A step of a transform: the matrix is rounded, then a product and half as many sums, since rows
  // come in pairs of equal even and opposite odd terms.
  int roundings() const { return points == 1 ? 0 : points / 2 + 3; }
};

std::vector<double> finite_points(int n) {
  std::vector<double> pairs;
  if (n == 3) pairs = {1};
  if (n == 5) pairs = {0.5, 1.25};
  if (n == 4) pairs = {1};
  if (n == 6) pairs = {sqrt(0.5), sqrt(2.0)};
  if (n == 7) pairs = {0.3, 0.85, 1.8};
  if (n == 8) pairs = {0.5, 1, 2};
  if (n == 10) pairs = {0.45, 0.8, 1.25, 1 / 0.45};
  std::vector<double> points;
  if (n % 2 == 0) points.push_back(0);
  for (double p : pairs) points.insert(points.end(), {p, -p});
  return points;
}

Matrices absolute_matrices(int m, int r) {
  Matrices out;
  out.points = m + r - 1;
  const std::vector<double> p = finite_points(out.points);
  const int finite = out.points - 1;
  CHECK(static_cast<int>(p.size()) == finite, "F(%d,%d) has no points", m, r);
  for (int j = 0; j <= finite; ++j) {
    double product[kMost + 1] = {1}, norm = 1;
    const double own = j < finite ? p[static_cast<size_t>(j)] : 0;
    int degree = 0;
    for (int l = 0; l < finite; ++l) {
      if (l == j) continue;
      const double other = p[static_cast<size_t>(l)];
      if (j < finite) norm *= own - other;
      ++degree;
      for (int k = degree; k >= 0; --k)
        product[k] = (k > 0 ? product[k - 1] : 0) - other * (k < degree ? product[k] : 0);
    }
    for (int k = 0; k <= degree; ++k) out.b[j][k] = fabs(product[k]);
    for (int i = 0; i < m; ++i) out.a[i][j] = j < finite ? fabs(pow(own, i)) : (i == m - 1);
    for (int k = 0; k < r; ++k) out.g[j][k] = j < finite ? fabs(pow(own, k) / norm) : (k == r - 1);
  }
  return out;
}

// Stride 2 and three taps: even inputs meet taps 0 and 2 by F(m,2), the odd ones tap 1 as they are.
Matrices strided_matrices(int m) {
  const Matrices even = absolute_matrices(m, 2);
  Matrices out;
  out.points = 2 * m + 1;
  for (int j = 0; j <= m; ++j) {
    for (int k = 0; k <= m; ++k) out.b[j][2 * k] = even.b[j][k];
    for (int i = 0; i < m; ++i) out.a[i][j] = even.a[i][j];
    out.g[j][0] = even.g[j][0], out.g[j][2] = even.g[j][1];
  }
  for (int i = 0; i < m; ++i) {
    const int j = m + 1 + i;
    out.b[j][2 * i + 1] = out.a[i][j] = out.g[j][1] = 1;
  }
  return out;
}

}  // namespace

WinogradTile winograd_tile(const std::string& id) {
  const std::string name = "/winograd";
  const size_t at = id.find(name);
  if (at == std::string::npos) return {0, 0, 0, 0, 0};
  WinogradTile t{0, 0, 3, 3, 1};
  if (id.find("s2/") != std::string::npos) t.stride = 2;
  const int read = sscanf(id.c_str() + at + name.size(), "%dx%d-%dx%d", &t.mh, &t.mw, &t.rh, &t.rw);
  CHECK(read == 2 || read == 4, "%s: not a Winograd kernel's name", id.c_str());
  return t;
}

ConvReference winograd_reference(const ConvCase& c, const WinogradTile& tile,
                                 const ConvReference& direct, const std::vector<float>& src,
                                 const std::vector<float>& weights, const std::vector<float>& bias,
                                 const std::vector<float>& residual) {
  const bool strided = tile.stride == 2;
  const Matrices th = strided ? strided_matrices(tile.mh) : absolute_matrices(tile.mh, tile.rh);
  const Matrices tw = strided ? strided_matrices(tile.mw) : absolute_matrices(tile.mw, tile.rw);
  const int nh = th.points, nw = tw.points, taps = tile.rh * tile.rw;
  const int x = c.rank - 1, y = c.rank - 2;  // axes; one before them has one element
  const bool flat = c.rank == 1;             // no y
  const int64_t high = flat ? 1 : c.in[y], step = flat ? 1 : c.stride[y];
  const int64_t above = flat ? 0 : c.pad_begin[y], aside = c.stride[x];
  const int64_t height = flat ? 1 : c.out(y), width = c.out(x), out_size = height * width;
  const int64_t in_size = high * c.in[x], icg = c.ic / c.groups, ocg = c.oc / c.groups;
  ConvReference r;
  r.sum = direct.sum;
  r.magnitude.resize(direct.sum.size());
  // The sum; inputs and outputs, each transformed along both axes; weights, rounded once or, in
  // float, with a matrix and three steps along both axes; the epilogue.
  r.terms = icg + 2 * (th.roundings() + tw.roundings()) + 2 * 4 + 3;
  std::vector<double> g(static_cast<size_t>(c.oc * icg * nh * nw));
  for (int64_t f = 0; f < c.oc * icg; ++f)
    for (int i = 0; i < nh; ++i)
      for (int j = 0; j < nw; ++j)
        for (int k = 0; k < taps; ++k)
          g[static_cast<size_t>((f * nh + i) * nw + j)] +=
              th.g[i][k / tile.rw] *
              fabs(static_cast<double>(weights[static_cast<size_t>(f * taps + k)])) *
              tw.g[j][k % tile.rw];
  std::vector<double> d(static_cast<size_t>(c.ic * nh * nw));
  for (int64_t image = 0; image < c.n; ++image)
    for (int64_t top = 0; top < height; top += tile.mh)
      for (int64_t left = 0; left < width; left += tile.mw) {
        for (int64_t channel = 0; channel < c.ic; ++channel) {
          double pixels[kMost][kMost] = {}, half[kMost][kMost] = {};
          for (int i = 0; i < nh; ++i)
            for (int j = 0; j < nw; ++j) {
              // The stride is that of an axis that the form leaves alone, or the form's.
              const int64_t h = top * (nh == 1 ? step : tile.stride) + i - above;
              const int64_t w = left * (nw == 1 ? aside : tile.stride) + j - c.pad_begin[x];
              if (h >= 0 && h < high && w >= 0 && w < c.in[x])
                pixels[i][j] = fabs(static_cast<double>(src[static_cast<size_t>(
                    (image * c.ic + channel) * in_size + h * c.in[x] + w)]));
            }
          for (int i = 0; i < nh; ++i)
            for (int j = 0; j < nw; ++j)
              for (int k = 0; k < nh; ++k) half[i][j] += th.b[i][k] * pixels[k][j];
          for (int i = 0; i < nh; ++i)
            for (int j = 0; j < nw; ++j) {
              double& v = d[static_cast<size_t>((channel * nh + i) * nw + j)];
              v = 0;
              for (int k = 0; k < nw; ++k) v += half[i][k] * tw.b[j][k];
            }
        }
        for (int64_t oc = 0; oc < c.oc; ++oc) {
          double product[kMost][kMost] = {};
          for (int64_t ic = 0; ic < icg; ++ic)
            for (int i = 0; i < nh; ++i)
              for (int j = 0; j < nw; ++j)
                product[i][j] += g[static_cast<size_t>(((oc * icg + ic) * nh + i) * nw + j)] *
                                 d[static_cast<size_t>(((oc / ocg * icg + ic) * nh + i) * nw + j)];
          for (int64_t h = top; h < std::min<int64_t>(top + tile.mh, height); ++h)
            for (int64_t w = left; w < std::min<int64_t>(left + tile.mw, width); ++w) {
              const size_t at = static_cast<size_t>((image * c.oc + oc) * out_size + h * width + w);
              double sum = c.bias ? fabs(static_cast<double>(bias[static_cast<size_t>(oc)])) : 0;
              if (c.residual) sum += fabs(static_cast<double>(residual[at]));
              for (int i = 0; i < nh; ++i)
                for (int j = 0; j < nw; ++j)
                  sum += th.a[h - top][i] * product[i][j] * tw.a[w - left][j];
              r.magnitude[at] = sum;
            }
        }
      }
  return r;
}

}  // namespace striate::test
