// A strip of convolution in groups of G channels, G a divisor of a vector's lanes: R neighbouring
// output pixels of a row, a chunk of channels. Group g(c) = c / G, k counts its input channels.
//
//   dst[r][c] = activation(bias[c] + residual +
//               sum_{h,w,k} src[h][r*S + w][g(c)*G + k] * weights[h][k][w][c])
//
// Loop order: V vectors of channels, kernel row, source pixel, k, kernel column. The vector of a
// source pixel holds all inputs of its outputs: for each k one permutation puts input k of every
// group into all lanes of the group, and serves all pixels and kernel columns that read it. So all
// lanes are in use, where igemm fills G of them.
// Registers, AVX-512, 3 columns, S = 1: 7x2 accumulators, 2 source vectors, 2 permutations, 1 index
// (of 32); weights are memory operands. Per source pixel and k 2 permutations feed 6 FMAs, so FMA
// and loads bound it. AVX2: 5x2. Zen 4, AVX-512: 72 % of FMA peak with groups of 4 at 56x56, 80 %
// with 8 at 28x28, 64 % with stride 2 (strips of 6x4 66, 64 and 60 %, of 5x4 50 to 60 %). Sums run
// in order of h, w, k in one accumulator, as everywhere. Tails: the last vector by masked loads,
// for what lies beside the channels belongs to others.
// From far: where an image is larger than half of L2, the source rows that the next output row adds
// are fetched between the products, a line per source pixel (conv_bench --far: groups of 4, 56x56,
// 668 -> 520 us, of 8 with stride 2 1265 -> 670). Depthwise strips, which load as often as they
// multiply, lose by it in a network (MobileNet-v2's 144 channels at 56x56: 101 -> 111 us).
#ifndef STRIATE_KERNELS_CONV_GROUP_STRIP_SIMD_H
#define STRIATE_KERNELS_CONV_GROUP_STRIP_SIMD_H

#include <algorithm>

#include "kernels/conv/strip_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

template <int KW, int S, int R, int V, bool kFull>
STRIATE_INLINE void group_vectors(const StripArgs& a, int64_t channel, int tail) {
  constexpr int L = Vec::kLanes, kColumns = (R - 1) * S + KW;
  Vec acc[R][V];
  const IgemmTileArgs ends = strip_ends(a, channel, tail);
  start_tile(ends, acc);
  const float* const* src = a.src;
  const int64_t group = a.group, vector_step = a.kernel_rows * KW * group * L;
  const LaneIndex first = group_lanes(static_cast<int>(group));
  const float* w = a.weights + channel * a.kernel_rows * KW * group;
  for (int64_t h = 0; h < a.kernel_rows; ++h, src += a.row_step, w += KW * group * L) {
    STRIATE_UNROLL
    for (int i = 0; i < kColumns; ++i) {
      Vec x[V];
      STRIATE_UNROLL
      for (int v = 0; v < V; ++v) {
        if (h < a.ahead_rows) prefetch(a.ahead[h * StripArgs::kMaxColumns + i] + channel + v * L);
        x[v] = kFull ? Vec::load(src[i] + channel + v * L) : Vec::load(src[i] + channel, tail);
      }
      LaneIndex lanes = first;
      const float* at = w;
      for (int64_t k = 0; k < group; ++k, lanes = next(lanes), at += KW * L) {
        STRIATE_UNROLL
        for (int v = 0; v < V; ++v) {
          const Vec input = take(x[v], lanes);
          STRIATE_UNROLL
          for (int c = 0; c < KW; ++c) {
            const int r = (i - c) / S;
            if (i >= c && (i - c) % S == 0 && r < R)
              acc[r][v] = fma(input, Vec::load(at + v * vector_step + c * L), acc[r][v]);
          }
        }
      }
    }
  }
  finish_tile(ends, acc);
}

template <int V>
struct GroupStrip {
  template <int KW, int S, int R>
  static void strip(const StripArgs& a) {
    constexpr int64_t L = Vec::kLanes;
    int64_t channel = a.begin;
    for (; channel + V * L <= a.end; channel += V * L)
      group_vectors<KW, S, R, V, true>(a, channel, Vec::kLanes);
    for (; channel < a.end; channel += L)
      group_vectors<KW, S, R, 1, false>(a, channel, static_cast<int>(std::min(L, a.end - channel)));
    activate_strip<R>(a);
  }
};

template <int R, int V>
constexpr Strips make_group_strips(striate_isa isa, int most_group) {
  Strips strips{isa, Vec::kLanes, R, V, most_group, {}};
  fill_strips<GroupStrip<V>, R>(strips);
  return strips;
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_GROUP_STRIP_SIMD_H
