// A strip of depthwise convolution: R neighbouring output pixels of a row, a chunk of channels.
//
//   dst[r][c] = activation(bias[c] + sum_{h,w} src[h][r*S + w][c] * weights[h][w][c] + residual)
//
// Loop order: vector of channels, kernel row, kernel column, pixel. A source pixel is loaded once
// for a kernel row and serves all its columns. Registers, AVX-512, 3x3, S = 1: 7 accumulators, 9
// source pixels, 3 weights (of 32); per vector 27 loads of x and 9 of weights feed 63 FMAs, so FMA
// bounds it while x comes from L1. AVX2: 6 pixels, 15 of 16.
// Tails: masked loads of the last vector, because what lies beside the channels of a pixel belongs
// to someone else. Accumulation order of an output: kernel row, column; one accumulator.
#ifndef STRIATE_KERNELS_CONV_DEPTHWISE_STRIP_SIMD_H
#define STRIATE_KERNELS_CONV_DEPTHWISE_STRIP_SIMD_H

#include "kernels/conv/strip_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

template <int KW, int S, int R, bool kFull>
STRIATE_INLINE void depthwise_vector(const StripArgs& a, int64_t channel, int tail) {
  constexpr int L = Vec::kLanes, kColumns = (R - 1) * S + KW;
  Vec acc[R][1];
  const IgemmTileArgs ends = strip_ends(a, channel, tail);
  start_tile(ends, acc);
  const float* const* src = a.src;
  const float* w = a.weights + channel * a.kernel_rows * KW;
  for (int64_t h = 0; h < a.kernel_rows; ++h, src += a.row_step, w += KW * L) {
    Vec x[kColumns];
    STRIATE_UNROLL
    for (int i = 0; i < kColumns; ++i)
      x[i] = kFull ? Vec::load(src[i] + channel) : Vec::load(src[i] + channel, tail);
    STRIATE_UNROLL
    for (int k = 0; k < KW; ++k) {
      const Vec weight = Vec::load(w + k * L);
      STRIATE_UNROLL
      for (int r = 0; r < R; ++r) acc[r][0] = fma(x[r * S + k], weight, acc[r][0]);
    }
  }
  finish_tile(ends, acc);
}

struct DepthwiseStrip {
  template <int KW, int S, int R>
  static void strip(const StripArgs& a) {
    constexpr int L = Vec::kLanes;
    int64_t channel = a.begin;
    for (; channel + L <= a.end; channel += L) depthwise_vector<KW, S, R, true>(a, channel, L);
    if (channel < a.end)
      depthwise_vector<KW, S, R, false>(a, channel, static_cast<int>(a.end - channel));
    activate_strip<R>(a);
  }
};

template <int R>
constexpr Strips make_depthwise_strips(striate_isa isa) {
  Strips strips{isa, Vec::kLanes, R, 1, 1, {}};
  fill_strips<DepthwiseStrip, R>(strips);
  return strips;
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_DEPTHWISE_STRIP_SIMD_H
