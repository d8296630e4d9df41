// How every tile starts and ends: accumulators from the bias or from dst; residual, +0, a cheap
// activation and masked stores. Always inlined, so that the accumulators stay in registers.
// Activations of many instructions are left to the caller, who has more of dst at hand than a tile:
// see kActivationsInRegisters.
#ifndef STRIATE_KERNELS_IGEMM_TILE_SIMD_H
#define STRIATE_KERNELS_IGEMM_TILE_SIMD_H

#include "base/simd.h"
#include "kernels/igemm/igemm.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

constexpr int kLine = 16;  // floats of a cache line

template <int R, int V>
STRIATE_INLINE void start_tile(const IgemmTileArgs& a, Vec (&acc)[R][V]) {
  constexpr int L = Vec::kLanes;
  float* const* const dst = a.dst;
  const int64_t channel = a.channel;
  if (a.first) {
    STRIATE_UNROLL
    for (int v = 0; v < V; ++v) {
      const Vec b = Vec::load(a.bias + v * L);
      STRIATE_UNROLL
      for (int r = 0; r < R; ++r) acc[r][v] = b;
    }
  } else {
    STRIATE_UNROLL
    for (int r = 0; r < R; ++r) {
      const float* p = dst[r] + channel;
      STRIATE_UNROLL
      for (int v = 0; v < V - 1; ++v) acc[r][v] = Vec::load(p + v * L);
      acc[r][V - 1] = Vec::load(p + (V - 1) * L, a.tail);
    }
  }
}

// Brings the residual that finish_tile will read into L1 while the sums are made: that of a large
// image comes from L3 or memory. Lines of dst are not fetched ahead: stores wait for them without
// holding up the next tile (Zen 4, 16 channels to 96: 430 us with such prefetches, 415 without).
template <int R, int V>
STRIATE_INLINE void fetch_residual(const IgemmTileArgs& a) {
  constexpr int L = Vec::kLanes;
  if (!a.last || a.residual == nullptr) return;
  STRIATE_UNROLL
  for (int r = 0; r < R; ++r) {
    STRIATE_UNROLL
    for (int i = 0; i < V * L; i += kLine) prefetch(a.residual[r] + a.channel + i);
  }
}

// Row by row, so that the first stores leave while later rows are still being finished.
template <int R, int V, class Finish>
STRIATE_INLINE void store_tile(const IgemmTileArgs& a, Vec (&acc)[R][V], Finish finish) {
  constexpr int L = Vec::kLanes;
  float* const* const dst = a.dst;
  const int64_t channel = a.channel;
  const int tail = a.tail;
  STRIATE_UNROLL
  for (int r = 0; r < R; ++r) {
    float* p = dst[r] + channel;
    STRIATE_UNROLL
    for (int v = 0; v < V - 1; ++v) finish(acc[r][v]).store(p + v * L);
    finish(acc[r][V - 1]).store(p + (V - 1) * L, tail);
  }
}

template <int R, int V>
STRIATE_INLINE void finish_tile(const IgemmTileArgs& a, Vec (&acc)[R][V]) {
  constexpr int L = Vec::kLanes;
  if (!a.last) return store_tile(a, acc, [](Vec x) { return x; });
  if (a.residual != nullptr) {
    STRIATE_UNROLL
    for (int r = 0; r < R; ++r) {
      const float* p = a.residual[r] + a.channel;
      STRIATE_UNROLL
      for (int v = 0; v < V - 1; ++v) acc[r][v] = acc[r][v] + Vec::load(p + v * L);
      acc[r][V - 1] = acc[r][V - 1] + Vec::load(p + (V - 1) * L, a.tail);
    }
  }
  const Vec zero = Vec::zero();
  if (a.activation.kind == STRIATE_ACT_RELU) {
    store_tile(a, acc, [zero](Vec x) { return max(zero, x + zero); });
  } else if (a.activation.kind == STRIATE_ACT_CLIP) {
    const Vec low = Vec::set1(a.activation.alpha), high = Vec::set1(a.activation.beta);
    store_tile(a, acc, [zero, low, high](Vec x) { return min(high, max(low, x + zero)); });
  } else {
    store_tile(a, acc, [zero](Vec x) { return x + zero; });
  }
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_IGEMM_TILE_SIMD_H
