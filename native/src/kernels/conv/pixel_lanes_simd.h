// One output row of conv_pixel_lanes.h: C output channels, P vectors of pixels at a time.
//
// Loop order: block of pixels, kernel row, kernel column, input channel; channels and vectors are
// unrolled. Registers, AVX-512: C*P <= 24 accumulators, P pixels, 1 broadcast weight (of 32); AVX2
//   C*P <= 12. Per term, C = 6, P = 4: 4 loads of x and 6 broadcasts feed 24 FMAs.
// Tails: vectors of pixels are computed in full, since scratch has room, and leave through a buffer
//   on the stack that turns [channel][pixel] into [pixel][channel] and ends with the row.
// Expected: 58 % of FMA peak on LeNet-5's c1 (1 to 6 channels, 5x5, Zen 4, copy and turn included).
// Accumulation order: bias, then terms in order of kernel row, column, input channel; then +0, so
//   that the sign of an underflowed zero is that of the other kernels; then the activation.
#ifndef STRIATE_KERNELS_CONV_PIXEL_LANES_SIMD_H
#define STRIATE_KERNELS_CONV_PIXEL_LANES_SIMD_H

#include "base/transpose_simd.h"
#include "kernels/conv/conv_pixel_lanes.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

constexpr int kMostVectors = 4;

template <int C, int P>
STRIATE_INLINE void pixel_block(const PixelLanesArgs& a, int64_t pixel) {
  constexpr int L = Vec::kLanes;
  Vec acc[C][P];
#pragma GCC unroll 8
  for (int c = 0; c < C; ++c) {
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) acc[c][p] = Vec::set1(a.bias[c]);
  }
  const float* w = a.weights;
  const float* row = a.src + pixel;
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
  alignas(64) float turned[C * P * L];
#pragma GCC unroll 8
  for (int c = 0; c < C; ++c) {
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) (acc[c][p] + Vec::zero()).store(turned + (c * P + p) * L);
  }
  STRIATE_ISA::activate(turned, C * P * L, a.activation);
  const int64_t left = a.pixels - pixel;
  float* const dst = a.dst + pixel * a.dst_step;
  const int64_t pixels = left < P * L ? left : P * L;
  transpose_block(turned, P * L, dst, a.dst_step, pixels, C);
}

template <int C>
void pixel_row(const PixelLanesArgs& a) {
  constexpr int L = Vec::kLanes;
  constexpr int kFit = Vec::kRegisters * 3 / 4 / C;
  constexpr int P = kFit < kMostVectors ? kFit : kMostVectors;
  int64_t pixel = 0;
  for (; pixel + (P - 1) * L < a.pixels; pixel += P * L) pixel_block<C, P>(a, pixel);
  const int64_t vectors = (a.pixels - pixel + L - 1) / L;
  if constexpr (P > 3)
    if (vectors == 3) return pixel_block<C, 3>(a, pixel);
  if constexpr (P > 2)
    if (vectors == 2) return pixel_block<C, 2>(a, pixel);
  if (vectors == 1) pixel_block<C, 1>(a, pixel);
}

template <int C>
constexpr void fill_pixel_lanes(PixelLanes& lanes) {
  lanes.row[C - 1] = pixel_row<C>;
  if constexpr (C > 1) fill_pixel_lanes<C - 1>(lanes);
}

constexpr PixelLanes make_pixel_lanes(striate_isa isa) {
  static_assert(Vec::kLanes / 2 <= PixelLanes::kMaxOutputs);
  PixelLanes lanes{isa, Vec::kLanes, kMostVectors, {}, STRIATE_ISA::activate};
  fill_pixel_lanes<Vec::kLanes / 2>(lanes);
  return lanes;
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_PIXEL_LANES_SIMD_H
