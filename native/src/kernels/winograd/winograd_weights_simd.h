// The transforms of weights of winograd.h on Vec, and the products of weights that are transformed
// at run time.
//
// At load: 16 filters at once, each in a lane of vectors of doubles. At run time, "late": in float,
// 4 instructions per pair of rows, from L1 to L1 (6x6 points: 81 instructions and 36 stores for 16
// filters), and their products with four tiles, 16 FMAs per vector of sums. Expected, AVX-512, 6x6
// points: late weights with the products of four tiles 170 cycles for 16 filters, 112 of which the
// arithmetic takes (Zen 5; conv_bench, 512 to 512 channels at 7x7). Tested by conv_test, as all
// Winograd forms.
#ifndef STRIATE_KERNELS_WINOGRAD_WINOGRAD_WEIGHTS_SIMD_H
#define STRIATE_KERNELS_WINOGRAD_WINOGRAD_WEIGHTS_SIMD_H

#include <string.h>

#include "base/pages.h"
#include "base/simd.h"
#include "kernels/winograd/winograd.h"
#include "kernels/winograd/winograd_matrices.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

// Doubles of 8 filters: one vector of AVX-512, two of AVX2, four of SSE2.
using Doubles = double __attribute__((vector_size(64)));

STRIATE_INLINE void load(Doubles& to, const float* from) {
  float __attribute__((vector_size(32))) f;
  memcpy(&f, from, sizeof f);
  to = __builtin_convertvector(f, Doubles);
}

STRIATE_INLINE void store(float* to, const Doubles& from) {
  const auto f = __builtin_convertvector(from, float __attribute__((vector_size(32))));
  memcpy(to, &f, sizeof f);
}

// The sizes of the form stay variables: packing costs little beside reading and writing weights.
void winograd_weights(const WinogradForm& form, const float* filters, float* points,
                      int64_t point_stride) {
  constexpr int kHalf = kWinogradFilters / 2;
  const WinogradAxis &h = form.h, &w = form.w;
  for (int i = 0; i < h.points(); ++i) {
    Doubles row[kMaxWinogradTaps][2];
    for (int k = 0; k < w.taps; ++k) {
      Doubles a{}, b{}, x, y;
      for (int l = 0; l < h.taps; ++l) {
        const double g = h.g[i * h.taps + l];
        const float* const from = filters + (l * w.taps + k) * kWinogradFilters;
        load(x, from);
        load(y, from + kHalf);
        a += g * x;
        b += g * y;
      }
      row[k][0] = a;
      row[k][1] = b;
    }
    for (int j = 0; j < w.points(); ++j, points += point_stride) {
      Doubles a{}, b{};
      for (int k = 0; k < w.taps; ++k) {
        const double g = w.g[j * w.taps + k];
        a += row[k][0] * g;
        b += row[k][1] * g;
      }
      store(points, a);
      store(points + kHalf, b);
    }
  }
}

// The one-dimensional transform G g of F(M,R): a pair of rows shares the sum of its even taps; that
// of the negative point has it with the other sign where there is no point 0.
template <int M, int R>
struct Filters {
  static constexpr int kPoints = M + R - 1;
  static constexpr int kFirst = winograd_first_pair(kPoints);
  static constexpr WinogradMatrices<M, R> kMatrices = winograd_matrices<M, R>();

  // v + the taps from `from` on in steps of 2, those of row `row` times `sign`.
  static STRIATE_INLINE Vec add(const Vec (&g)[R], int row, int from, float sign, Vec v) {
    STRIATE_UNROLL
    for (int k = from; k < R; k += 2)
      v = fma(Vec::set1(sign * static_cast<float>(kMatrices.g[row][k])), g[k], v);
    return v;
  }

  static STRIATE_INLINE void all(const Vec (&g)[R], Vec (&y)[kPoints]) {
    if constexpr (kPoints == 1) {
      y[0] = g[0];
    } else {
      if constexpr (kFirst == 1) y[0] = Vec::set1(static_cast<float>(kMatrices.g[0][0])) * g[0];
      STRIATE_UNROLL
      for (int i = kFirst; i + 1 < kPoints; i += 2) {
        const Vec first = Vec::set1(static_cast<float>(kMatrices.g[i][0])) * g[0];
        const Vec even = add(g, i, 2, 1, first);
        y[i] = add(g, i, 1, 1, even);
        y[i + 1] = kFirst == 1 ? add(g, i, 1, -1, even) : add(g, i, 1, 1, -even);
      }
      y[kPoints - 1] = g[R - 1];
    }
  }
};

// One vector of filters: tap k is at taps[k * tap_stride], point p goes to points[p *
// point_stride].
template <int MH, int RH, int MW, int RW>
STRIATE_INLINE void filter_points(const float* taps, int64_t tap_stride, float* points,
                                  int64_t point_stride) {
  using H = Filters<MH, RH>;
  using W = Filters<MW, RW>;
  Vec rows[H::kPoints][RW];  // G_h g
  STRIATE_UNROLL
  for (int k = 0; k < RW; ++k) {
    Vec column[RH], y[H::kPoints];
    STRIATE_UNROLL
    for (int l = 0; l < RH; ++l) column[l] = Vec::load(taps + (l * RW + k) * tap_stride);
    H::all(column, y);
    STRIATE_UNROLL
    for (int i = 0; i < H::kPoints; ++i) rows[i][k] = y[i];
  }
  STRIATE_UNROLL
  for (int i = 0; i < H::kPoints; ++i) {
    Vec y[W::kPoints];
    W::all(rows[i], y);
    STRIATE_UNROLL
    for (int j = 0; j < W::kPoints; ++j) y[j].store(points + (i * W::kPoints + j) * point_stride);
  }
}

template <int MH, int RH, int MW, int RW>
void winograd_filters(const float* filters, float* points, int64_t point_stride) {
  for (int x = 0; x < kWinogradFilters; x += Vec::kLanes)
    filter_points<MH, RH, MW, RW>(filters + x, kWinogradFilters, points + x, point_stride);
}

template <int MH, int RH, int MW, int RW, int V>
void late_filters(const float* taps, int64_t vector_stride, float* points) {
  constexpr int L = Vec::kLanes, kTaps = RH * RW;
  for (int i = 0; i < kLateChannels; ++i)
    for (int v = 0; v < V; ++v)
      filter_points<MH, RH, MW, RW>(taps + v * vector_stride + i * kTaps * L, L,
                                    points + (i * V + v) * L, kLateChannels * V * L);
}

// The sums of T tiles are loaded once for kLateChannels products each. Taps come line by line,
// their pages before: see kPagesAhead (7x7, 512 channels, in ResNet-18, Zen 5, one thread: 1.00 ->
// 0.95 ms).
template <int T, int V>
void add_products(const WinogradProducts& a, int64_t tile) {
  constexpr int L = Vec::kLanes;
  const float* weights = a.weights;
  float* sums = a.sums + tile * a.point_count * V * L;
  const float* x[T];
  STRIATE_UNROLL
  for (int t = 0; t < T; ++t) x[t] = a.points + (tile + t) * a.tile_stride;
  const float* next = a.next;
  const int64_t point_stride = a.point_stride, next_step = a.next_step;
  const int64_t next_vector = a.next_vector;
  STRIATE_UNROLL
  for (int v = 0; v < V; ++v) prefetch_l2(next + v * next_vector + kPagesAhead * kPage);
  for (int p = a.point_count; p > 0; --p, next += next_step) {
    STRIATE_UNROLL
    for (int v = 0; v < V; ++v) prefetch_l2(next + v * next_vector);
    Vec sum[T][V];
    STRIATE_UNROLL
    for (int t = 0; t < T; ++t) {
      STRIATE_UNROLL
      for (int v = 0; v < V; ++v) sum[t][v] = Vec::load(sums + (t * V + v) * L);
    }
    STRIATE_UNROLL
    for (int i = 0; i < kLateChannels; ++i) {
      Vec w[V];
      STRIATE_UNROLL
      for (int v = 0; v < V; ++v) w[v] = Vec::load(weights + (i * V + v) * L);
      STRIATE_UNROLL
      for (int t = 0; t < T; ++t) {
        const Vec y = Vec::set1(x[t][i]);
        STRIATE_UNROLL
        for (int v = 0; v < V; ++v) sum[t][v] = fma(y, w[v], sum[t][v]);
      }
    }
    STRIATE_UNROLL
    for (int t = 0; t < T; ++t) {
      STRIATE_UNROLL
      for (int v = 0; v < V; ++v) sum[t][v].store(sums + (t * V + v) * L);
    }
    weights += kLateChannels * V * L;
    sums += T * V * L;
    STRIATE_UNROLL
    for (int t = 0; t < T; ++t) x[t] += point_stride;
  }
}

template <int V>
void late_products(const WinogradProducts& a) {
  int64_t tile = 0;
  for (; tile + 4 <= a.tiles; tile += 4) add_products<4, V>(a, tile);
  switch (a.tiles - tile) {
    case 3:
      return add_products<3, V>(a, tile);
    case 2:
      return add_products<2, V>(a, tile);
    case 1:
      return add_products<1, V>(a, tile);
    default:
      return;
  }
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_WINOGRAD_WINOGRAD_WEIGHTS_SIMD_H
