// One output row of conv_pixel_lanes.h: C output channels, P vectors of pixels at a time.
//
// Loop order: block of pixels, kernel row, kernel column, input channel; channels and vectors are
// unrolled. Registers, AVX-512: C*P <= 24 accumulators, P pixels, 1 broadcast weight (of 32); AVX2
//   C*P <= 12. Per term, C = 6, P = 4: 4 loads of x and 6 broadcasts feed 24 FMAs.
// Tails: vectors of pixels are computed in full, since scratch has room, and leave through a buffer
//   on the stack that turns [channel][pixel] into [pixel][channel] and ends with the row.
// Pooled: two rows wait in scratch as [row][channel][pixel], are activated there at once, and their
//   squares of 2x2 pixels, lanes side by side, are turned: a quarter of the pixels.
// Expected: 58 % of FMA peak on LeNet-5's c1 (1 to 6 channels, 5x5, Zen 4, copy and turn included).
// Accumulation order: bias, then terms in order of kernel row, column, input channel; then +0, so
//   that the sign of an underflowed zero is that of the other kernels; then the activation.
#ifndef STRIATE_KERNELS_CONV_PIXEL_LANES_SIMD_H
#define STRIATE_KERNELS_CONV_PIXEL_LANES_SIMD_H

#include "base/transpose_simd.h"
#include "kernels/conv/conv_pixel_lanes.h"
#include "kernels/pool/pool_2x2_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

constexpr int kMostVectors = 4;

template <int kValue>
struct Count {
  static constexpr int value = kValue;
};

// The sums of P vectors of pixels: channel c, vector p goes to to[c * stride + p * L].
template <int C, int P>
STRIATE_INLINE void pixel_sums(const PixelLanesArgs& a, const float* row, float* to,
                               int64_t stride) {
  constexpr int L = Vec::kLanes;
  Vec acc[C][P];
#pragma GCC unroll 8
  for (int c = 0; c < C; ++c) {
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) acc[c][p] = Vec::set1(a.bias[c]);
  }
  const float* w = a.weights;
  for (int64_t h = 0; h < a.kernel_rows; ++h, row += a.row_step) {
    for (int64_t k = 0; k < a.kernel_columns; ++k) {
      const float* src = row + a.columns[k];
      for (int64_t i = 0; i < a.channels; ++i, src += a.channel_step, w += C) {
        Vec x[P];
#pragma GCC unroll 4
        for (int p = 0; p < P; ++p) x[p] = Vec::load(src + p * L);
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c) {
          const Vec weight = Vec::set1(w[c]);
#pragma GCC unroll 4
          for (int p = 0; p < P; ++p) acc[c][p] = fma(x[p], weight, acc[c][p]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int c = 0; c < C; ++c) {
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) (acc[c][p] + Vec::zero()).store(to + c * stride + p * L);
  }
}

template <int C, int P>
STRIATE_INLINE void pixel_block(const PixelLanesArgs& a, int64_t pixel) {
  constexpr int L = Vec::kLanes;
  alignas(64) float turned[C * P * L];
  pixel_sums<C, P>(a, a.src + pixel, turned, P * L);
  STRIATE_ISA::activate(turned, C * P * L, a.activation);
  const int64_t left = a.pixels - pixel;
  float* const dst = a.dst + pixel * a.dst_step;
  const int64_t pixels = left < P * L ? left : P * L;
  transpose_block(turned, P * L, dst, a.dst_step, pixels, C);
}

// Calls `block` with an integral constant, the number of vectors, and the first pixel of each.
template <int C, class Block>
STRIATE_INLINE void each_block(int64_t pixels, Block block) {
  constexpr int L = Vec::kLanes;
  constexpr int kFit = Vec::kRegisters * 3 / 4 / C;
  constexpr int P = kFit < kMostVectors ? kFit : kMostVectors;
  int64_t pixel = 0;
  for (; pixel + (P - 1) * L < pixels; pixel += P * L) block(Count<P>(), pixel);
  const int64_t vectors = (pixels - pixel + L - 1) / L;
  if constexpr (P > 3)
    if (vectors == 3) return block(Count<3>(), pixel);
  if constexpr (P > 2)
    if (vectors == 2) return block(Count<2>(), pixel);
  if (vectors == 1) block(Count<1>(), pixel);
}

template <int C>
void pixel_row(const PixelLanesArgs& a) {
  each_block<C>(a.pixels, [&](auto vectors, int64_t pixel)
                              STRIATE_INLINE_LAMBDA { pixel_block<C, vectors.value>(a, pixel); });
}

template <int C>
void pooled_pixel_row(const PixelLanesArgs& a) {
  constexpr int L = Vec::kLanes;
  const int64_t plane = a.plane_step;
  for (int row = 0; row < 2; ++row)
    each_block<C>(a.pixels, [&](auto vectors, int64_t pixel) STRIATE_INLINE_LAMBDA {
      pixel_sums<C, vectors.value>(a, a.src + row * a.row_below + pixel,
                                   a.planes + row * C * plane + pixel, plane);
    });
  STRIATE_ISA::activate(a.planes, 2 * C * plane, a.activation);
  alignas(64) float turned[C * L];
  for (int64_t pixel = 0; pixel < a.pixels; pixel += 2 * L) {
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      const float* const above = a.planes + c * plane + pixel;
      const float* const below = above + C * plane;
      const Vec a0 = Vec::load(above), a1 = Vec::load(above + L);
      const Vec b0 = Vec::load(below), b1 = Vec::load(below + L);
      pool_2x2(a.pooling, even_lanes(a0, a1), odd_lanes(a0, a1), even_lanes(b0, b1),
               odd_lanes(b0, b1))
          .store(turned + c * L);
    }
    const int64_t left = (a.pixels - pixel) / 2;
    transpose_block(turned, L, a.dst + pixel / 2 * a.dst_step, a.dst_step, left < L ? left : L, C);
  }
}

template <int C>
constexpr void fill_pixel_lanes(PixelLanes& lanes) {
  lanes.row[C - 1] = pixel_row<C>;
  lanes.pooled_row[C - 1] = pooled_pixel_row<C>;
  if constexpr (C > 1) fill_pixel_lanes<C - 1>(lanes);
}

constexpr PixelLanes make_pixel_lanes(striate_isa isa) {
  static_assert(Vec::kLanes / 2 <= PixelLanes::kMaxOutputs);
  PixelLanes lanes{isa, Vec::kLanes, kMostVectors, {}, {}, STRIATE_ISA::activate};
  fill_pixel_lanes<Vec::kLanes / 2>(lanes);
  return lanes;
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_PIXEL_LANES_SIMD_H
