// The micro tile of depthwise convolution: R output pixels x V vectors of channels, one input
// channel for each output channel.
//
//   dst[r][c] = activation(bias[c] + sum_t src[t][r][c] * weights[t][c] + residual[r][c])
//
// Loop order: tap, vector, row. Registers, AVX-512: 6x4 = 24 accumulators + 1 weight (of 32),
// sources as memory operands of the FMA. Per tap, 6x4: 24 vector loads + 4 of weights + 6 pointers
// feed 24 FMAs, so the load ports bound it at about 70 % of FMA peak while the rows are in L1; real
// layers are bound by memory sooner. Tails: masked loads of the last vector, because what lies
// beside the channels of a pixel belongs to someone else. Accumulation order: as igemm.h.
#ifndef STRIATE_KERNELS_CONV_DEPTHWISE_SIMD_H
#define STRIATE_KERNELS_CONV_DEPTHWISE_SIMD_H

#include "kernels/igemm/tile_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

template <int R, int V, bool kFull>
STRIATE_INLINE void depthwise_taps(const IgemmTileArgs& a, Vec (&acc)[R][V]) {
  constexpr int L = Vec::kLanes;
  const float* w = a.weights;
  const float* const* src = a.src;
  for (int64_t t = 0; t < a.taps; ++t, src += a.src_tap_stride, w += V * L) {
    const float* s[R];
    STRIATE_UNROLL
    for (int r = 0; r < R; ++r) s[r] = src[r] + a.src_offset;
    STRIATE_UNROLL
    for (int v = 0; v < V; ++v) {
      const Vec weight = Vec::load(w + v * L);
      STRIATE_UNROLL
      for (int r = 0; r < R; ++r) {
        const Vec x =
            kFull || v < V - 1 ? Vec::load(s[r] + v * L) : Vec::load(s[r] + v * L, a.tail);
        acc[r][v] = fma(x, weight, acc[r][v]);
      }
    }
  }
}

template <int R, int V>
void depthwise_tile(const IgemmTileArgs& a) {
  Vec acc[R][V];
  start_tile(a, acc);
  if (a.tail == Vec::kLanes)
    depthwise_taps<R, V, true>(a, acc);
  else
    depthwise_taps<R, V, false>(a, acc);
  finish_tile(a, acc);
}

template <int R, int V>
constexpr void fill_depthwise(IgemmTiles& tiles) {
  tiles.tile[V - 1][R - 1] = depthwise_tile<R, V>;
  if constexpr (R > 1) fill_depthwise<R - 1, V>(tiles);
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_DEPTHWISE_SIMD_H
