// The matrices of Winograd's algorithm for one axis, made from its points at compile time.
//
// F(m,r), m outputs of a filter of r taps, uses n = m + r - 1 points: n - 1 finite ones p_j and
// infinity, the last. With N_j the product of p_j - p_l over the other finite points l:
//
//   A[i][j] = p_j^i        B[j][k] = coefficient of x^k in the product of x - p_l over l != j
//   G[j][k] = p_j^k / N_j  at infinity: A[i] = [i = m-1], G[k] = [k = r-1]
//
//   y = A [ (G g) . (B d) ]   (A is the A^T, B the B^T of the literature)
//
// The points depend on n only, so all F(m,r) of equal n share B. Finite points are pairs +-p,
// before them 0 where n is even: the two rows of a pair agree in every second coefficient and are
// opposite in the others, which halves the work.
//   n = 3: +-1                          n = 5:  +-1/2, +-5/4
//   n = 4: 0, +-1                       n = 8:  0, +-1/2, +-1, +-2
//   n = 6: 0, +-sqrt(1/2), +-sqrt(2)    n = 10: 0, +-0.45, +-0.8, +-1.25, +-1/0.45
//   n = 7: +-0.3, +-0.85, +-1.8
// The values are those of least measured error (docs/kernels/conv.md) among some dozens tried.
//
// Everything is evaluated at compile time: files for different instruction sets share no code
// through it.
// Sources: Winograd, Arithmetic complexity of computations (SIAM 1980), Toom-Cook; Lavin & Gray,
// arXiv:1509.09308; choice of points: Barabasz et al., arXiv:1803.10986.
#ifndef STRIATE_KERNELS_WINOGRAD_WINOGRAD_MATRICES_H
#define STRIATE_KERNELS_WINOGRAD_WINOGRAD_MATRICES_H

namespace striate {

constexpr int kMaxWinogradAxis = 10;  // points along an axis

// p of the pairs +-p, for n points.
constexpr double winograd_pair(int n, int pair) {
  const double five[] = {0.5, 1.25};
  const double six[] = {0.70710678118654752440, 1.41421356237309504880};
  const double seven[] = {0.3, 0.85, 1.8};
  const double eight[] = {0.5, 1, 2};
  const double ten[] = {0.45, 0.8, 1.25, 1 / 0.45};
  return n <= 4   ? 1
         : n == 5 ? five[pair]
         : n == 6 ? six[pair]
         : n == 7 ? seven[pair]
         : n == 8 ? eight[pair]
                  : ten[pair];
}

// The row of the first pair: 0 comes before it where n is even.
constexpr int winograd_first_pair(int n) { return n % 2 == 0 ? 1 : 0; }

// Point j of n, finite: +p_0, -p_0, +p_1, ..., behind 0 where n is even.
constexpr double winograd_point(int n, int j) {
  const int i = j - winograd_first_pair(n);
  if (i < 0) return 0;
  return i % 2 == 0 ? winograd_pair(n, i / 2) : -winograd_pair(n, i / 2);
}

template <int M, int R>
struct WinogradMatrices {
  static constexpr int kPoints = M + R - 1;
  double a[M][kPoints];
  double g[kPoints][R];
  double b[kPoints][kPoints];
};

// M = R = 1 gives the identity, for the axis that a one-dimensional form leaves alone.
template <int M, int R>
constexpr WinogradMatrices<M, R> winograd_matrices() {
  constexpr int n = M + R - 1;
  static_assert(n == 1 || n == 3 || n == 4 || n == 5 || n == 6 || n == 7 || n == 8 || n == 10,
                "no points for this size");
  WinogradMatrices<M, R> out{};
  for (int j = 0; j < n; ++j) {
    const bool finite = j < n - 1;
    const double p = finite ? winograd_point(n, j) : 0;
    double norm = 1;
    int degree = 0;
    out.b[j][0] = 1;
    for (int l = 0; l < n - 1; ++l) {
      if (l == j) continue;
      const double q = winograd_point(n, l);
      if (finite) norm *= p - q;
      ++degree;
      for (int k = degree; k >= 0; --k)
        out.b[j][k] = (k > 0 ? out.b[j][k - 1] : 0) - q * out.b[j][k];
    }
    double power = 1;
    for (int i = 0; i < M; ++i, power *= p) out.a[i][j] = finite ? power : (i == M - 1 ? 1 : 0);
    power = 1;
    for (int k = 0; k < R; ++k, power *= p)
      out.g[j][k] = finite ? power / norm : (k == R - 1 ? 1 : 0);
  }
  return out;
}

// G of m outputs with stride 2 and 3 taps: even inputs meet taps 0 and 2 as F(m,2) does, odd ones
// tap 1 as they are. 2m+1 points, those of F(m,2) first, and as many inputs.
template <int M>
struct WinogradStridedFilters {
  double g[2 * M + 1][3];
};

template <int M>
constexpr WinogradStridedFilters<M> winograd_strided_filters() {
  constexpr WinogradMatrices<M, 2> even = winograd_matrices<M, 2>();
  WinogradStridedFilters<M> out{};
  for (int j = 0; j <= M; ++j) {
    out.g[j][0] = even.g[j][0];
    out.g[j][2] = even.g[j][1];
  }
  for (int j = M + 1; j < 2 * M + 1; ++j) out.g[j][1] = 1;
  return out;
}

}  // namespace striate

#endif  // STRIATE_KERNELS_WINOGRAD_WINOGRAD_MATRICES_H
