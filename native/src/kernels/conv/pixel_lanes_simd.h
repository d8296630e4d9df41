// One output row of conv_pixel_lanes.h: C output channels, P vectors of pixels at a time.
//
// Loop order: block of pixels, kernel row, kernel column, input channel; channels and vectors are
// unrolled. Registers, AVX-512: C*P <= 24 accumulators, P pixels, 1 broadcast weight (of 32); AVX2
//   C*P <= 12. Per term, C = 6, P = 4: 4 loads of x and 6 broadcasts feed 24 FMAs.
// Tails: vectors of pixels are computed in full, since scratch has room, and leave through a buffer
//   on the stack that turns [channel][pixel] into [pixel][channel] and ends with the row.
// Pooled: two rows wait in scratch as [row][channel][pixel], are activated there at once, and their
//   squares of 2x2 pixels, lanes side by side, are turned: a quarter of the pixels.
// Expected: 58 % of FMA peak on LeNet-5's c1 (1 to 6 channels, 5x5, Zen 4, copy and turn included);
//   Zen 3, AVX2, with tanh 36 %.
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

// P vectors of pixels to dst, or where kPooled their sums to `planes`.
template <int C, int P, bool kPooled>
STRIATE_INLINE void pixel_block(const PixelLanesArgs& a, const float* src, int64_t pixel,
                                float* planes) {
  constexpr int L = Vec::kLanes;
  if constexpr (kPooled) {
    pixel_sums<C, P>(a, src + pixel, planes + pixel, a.plane_step);
  } else {
    alignas(64) float turned[C * P * L];
    pixel_sums<C, P>(a, src + pixel, turned, P * L);
    STRIATE_ISA::activate(turned, C * P * L, a.activation);
    const int64_t left = a.pixels - pixel;
    float* const dst = a.dst + pixel * a.dst_step;
    const int64_t pixels = left < P * L ? left : P * L;
    transpose_block(turned, P * L, dst, a.dst_step, pixels, C);
  }
}

template <int C, bool kPooled>
STRIATE_INLINE void pixel_blocks(const PixelLanesArgs& a, const float* src, float* planes) {
  constexpr int L = Vec::kLanes;
  constexpr int kFit = Vec::kRegisters * 3 / 4 / C;
  constexpr int P = kFit < kMostVectors ? kFit : kMostVectors;
  int64_t pixel = 0;
  for (; pixel + (P - 1) * L < a.pixels; pixel += P * L)
    pixel_block<C, P, kPooled>(a, src, pixel, planes);
  const int64_t vectors = (a.pixels - pixel + L - 1) / L;
  if constexpr (P > 3)
    if (vectors == 3) return pixel_block<C, 3, kPooled>(a, src, pixel, planes);
  if constexpr (P > 2)
    if (vectors == 2) return pixel_block<C, 2, kPooled>(a, src, pixel, planes);
  if (vectors == 1) pixel_block<C, 1, kPooled>(a, src, pixel, planes);
}

template <int C>
void pixel_row(const PixelLanesArgs& a) {
  pixel_blocks<C, false>(a, a.src, nullptr);
}

template <int C>
void pooled_pixel_row(const PixelLanesArgs& a) {
  constexpr int L = Vec::kLanes;
  const int64_t plane = a.plane_step;
  pixel_blocks<C, true>(a, a.src, a.planes);
  pixel_blocks<C, true>(a, a.src + a.row_below, a.planes + C * plane);
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
  constexpr int kOutputs = Vec::kLanes == 8 ? 6 : Vec::kLanes / 2;
  static_assert(kOutputs <= PixelLanes::kMaxOutputs);
  PixelLanes lanes{isa, Vec::kLanes, kMostVectors, kOutputs, {}, {}, STRIATE_ISA::activate};
  fill_pixel_lanes<kOutputs>(lanes);
  return lanes;
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_PIXEL_LANES_SIMD_H
