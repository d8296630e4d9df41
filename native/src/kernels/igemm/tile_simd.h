// How every tile starts and ends: accumulators from the bias or from dst; residual, +0, a cheap
// activation and masked stores. Always inlined, so that the accumulators stay in registers.
// Activations of many instructions are left to the caller, who has more of dst at hand than a tile:
// see kActivationsInRegisters.
#ifndef STRIATE_KERNELS_IGEMM_TILE_SIMD_H
#define STRIATE_KERNELS_IGEMM_TILE_SIMD_H

#include "base/simd.h"
#include "kernels/igemm/igemm.h"

#define STRIATE_UNROLL _Pragma("GCC unroll 16")

namespace striate {
namespace STRIATE_ISA {
namespace {

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

// Brings what finish_tile will read and write into L1 while the sums are made: the residual of a
// large image comes from L3 or memory.
template <int R, int V>
STRIATE_INLINE void fetch_outputs(const IgemmTileArgs& a) {
  constexpr int kLine = 16, L = Vec::kLanes;
  STRIATE_UNROLL
  for (int r = 0; r < R; ++r) {
    STRIATE_UNROLL
    for (int i = 0; i < V * L; i += kLine) prefetch_for_write(a.dst[r] + a.channel + i);
  }
  if (!a.last || a.residual == nullptr) return;
  STRIATE_UNROLL
  for (int r = 0; r < R; ++r) {
    STRIATE_UNROLL
    for (int i = 0; i < V * L; i += kLine) prefetch(a.residual[r] + a.channel + i);
  }
}

template <int R, int V>
STRIATE_INLINE void finish_tile(const IgemmTileArgs& a, Vec (&acc)[R][V]) {
  constexpr int L = Vec::kLanes;
  float* const* const dst = a.dst;
  const int64_t channel = a.channel;
  const int tail = a.tail;
  if (a.last) {
    if (a.residual != nullptr) {
      STRIATE_UNROLL
      for (int r = 0; r < R; ++r) {
        const float* p = a.residual[r] + channel;
        STRIATE_UNROLL
        for (int v = 0; v < V - 1; ++v) acc[r][v] = acc[r][v] + Vec::load(p + v * L);
        acc[r][V - 1] = acc[r][V - 1] + Vec::load(p + (V - 1) * L, tail);
      }
    }
    const Vec zero = Vec::zero();
    STRIATE_UNROLL
    for (int r = 0; r < R; ++r) {
      STRIATE_UNROLL
      for (int v = 0; v < V; ++v) acc[r][v] = acc[r][v] + zero;
    }
    if (a.activation.kind == STRIATE_ACT_RELU) {
      STRIATE_UNROLL
      for (int r = 0; r < R; ++r) {
        STRIATE_UNROLL
        for (int v = 0; v < V; ++v) acc[r][v] = max(zero, acc[r][v]);
      }
    } else if (a.activation.kind == STRIATE_ACT_CLIP) {
      const Vec low = Vec::set1(a.activation.alpha), high = Vec::set1(a.activation.beta);
      STRIATE_UNROLL
      for (int r = 0; r < R; ++r) {
        STRIATE_UNROLL
        for (int v = 0; v < V; ++v) acc[r][v] = min(high, max(low, acc[r][v]));
      }
    }
  }

  STRIATE_UNROLL
  for (int r = 0; r < R; ++r) {
    float* p = dst[r] + channel;
    STRIATE_UNROLL
    for (int v = 0; v < V - 1; ++v) acc[r][v].store(p + v * L);
    acc[r][V - 1].store(p + (V - 1) * L, tail);
  }
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_IGEMM_TILE_SIMD_H
