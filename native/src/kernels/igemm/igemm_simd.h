// The micro tile of igemm.h: R rows x V vectors.
//
// Loop order: tap, k, row, vector; everything but tap and k is unrolled.
// Registers, AVX-512: 6x4 = 24 accumulators + 4 weights + 1 broadcast (of 32); 8x3, 12x2 and 12x1
//   serve the last, narrower block of channels. AVX2: 6x2 = 12 + 2 + 1 (of 16). Portable: 4x2.
// Per k, 6x4: 4 vector loads and 6 broadcasts feed 24 FMAs (12 cycles on two ports); 7x4 needs the
//   fourth weight as a memory operand and measured 4 % less.
// Blocking: the caller gives at most about 1024 k at once, so that the weights of a block (256 KB)
//   stay in L2; they stream through L1, fetched 8 steps (2 KB) ahead by prefetch. The first V row
//   tiles of a block fetch the next block's weights into L2, a cache line per k: in a network they
//   come from memory, which is slower than the multiplications of one tile. With fewer than 5 rows
//   the time is that of reading the weights, and the hardware's prefetcher alone is faster (Zen 4,
//   one row, 2.8 MB of weights in L3: 74 GB/s with prefetch, 97 GB/s without; 4 rows, 38 MB of
//   transformed weights: 1240 -> 910 us).
// Tails: channels by masked loads and stores of the last vector (weights and bias are padded by
//   packing); rows by the instantiations with smaller R, the last two of a range of about the same
//   height (49 rows are 7x6 + 4 + 3: one row alone would take the time of reading its weights).
//   Where the last vector holds 8 channels at most, AVX-512 multiplies it with 256 bits: half the
//   time where 512 bits are done in two steps (Zen 4, 96 channels to 24, 56x56: 176 -> 148 us), the
//   same elsewhere.
// Measured (Zen 5, one thread, bench/results): AVX-512 and AVX2 94-100 % of FMA peak from 128 k up,
//   92 % at 64 k, 75 % at 16 k; Zen 4, AVX-512: 98 % at 576 k, 96 % at 96, 80 % at 16, where the
//   stores of a tile take an eighth of its time. Portable 70-75 % of its multiply-and-add peak.
#ifndef STRIATE_KERNELS_IGEMM_IGEMM_SIMD_H
#define STRIATE_KERNELS_IGEMM_IGEMM_SIMD_H

#include "kernels/igemm/tile_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

// One tap: R rows times `run` steps of k from `begin`. `kHalf`: only half of the last vector's
// lanes are in use. `kNext`: fetches a line of `next` per step.
template <bool kHalf, bool kNext, int R, int V>
STRIATE_INLINE void accumulate(const float* const (&s)[R], int64_t begin, const float* w,
                               const float* next, int64_t run, Vec (&acc)[R][V]) {
  constexpr int L = Vec::kLanes;
  constexpr int kAhead = 8 * V * L, kLine = 16;
  constexpr int kPrefetchRows = 5;  // fewer rows read weights faster than prefetches can be issued
  const int64_t end = begin + run;
  int64_t k = begin;
  do {
    Vec weight[V];
    STRIATE_UNROLL
    for (int v = 0; v < V; ++v)
      weight[v] = kHalf && v == V - 1 ? load_half(w + v * L) : Vec::load(w + v * L);
    if constexpr (R >= kPrefetchRows) {
      STRIATE_UNROLL
      for (int i = 0; i < V * L; i += kLine) prefetch(w + kAhead + i);
    }
    if constexpr (kNext) {
      prefetch_l2(next);
      next += kLine;
    }
    STRIATE_UNROLL
    for (int r = 0; r < R; ++r) {
      const Vec x = Vec::set1(s[r][k]);
      STRIATE_UNROLL
      for (int v = 0; v < V; ++v)
        acc[r][v] =
            kHalf && v == V - 1 ? fma_half(x, weight[v], acc[r][v]) : fma(x, weight[v], acc[r][v]);
    }
    w += V * L;
  } while (++k < end);
}

template <bool kHalf, int R, int V>
STRIATE_INLINE void accumulate_table(const IgemmTileArgs& a, Vec (&acc)[R][V]) {
  const float* w = a.weights;
  const float* const* src = a.src;
  const float* next = a.next;
  const int64_t next_step = a.next_step;
  const int64_t run = a.run;
  for (int64_t t = 0; t < a.taps; ++t, src += a.src_tap_stride) {
    const float* s[R];
    uintptr_t differs = 0;
    STRIATE_UNROLL
    for (int r = 0; r < R; ++r) {
      differs |= reinterpret_cast<uintptr_t>(src[r]) ^ reinterpret_cast<uintptr_t>(a.zero_row);
      s[r] = src[r] + a.src_offset;
    }
    if (differs != 0) {
      if (next_step != 0)
        accumulate<kHalf, true>(s, 0, w, next, run, acc);
      else
        accumulate<kHalf, false>(s, 0, w, next, run, acc);
    }
    w += run * V * Vec::kLanes;
    next += run * next_step;
  }
}

// All taps at steps from the first: the pointers stay in registers.
template <bool kHalf, bool kNext, int R, int V>
STRIATE_INLINE void accumulate_steps(const IgemmTileArgs& a, Vec (&acc)[R][V]) {
  const float* s[R];
  STRIATE_UNROLL
  for (int r = 0; r < R; ++r) s[r] = a.src[r] + a.src_offset;
  const float* w = a.weights;
  const float* next = a.next;
  const int64_t run = a.run;
  for (int64_t t = 0; t < a.taps; ++t) {
    accumulate<kHalf, kNext>(s, a.tap_offsets[t], w, next, run, acc);
    w += run * V * Vec::kLanes;
    if constexpr (kNext) next += run * a.next_step;
  }
}

template <bool kHalf, int R, int V>
void igemm_tile(const IgemmTileArgs& a) {
  Vec acc[R][V];
  start_tile(a, acc);
  fetch_residual<R, V>(a);
  if (a.tap_offsets == nullptr) {
    accumulate_table<kHalf>(a, acc);
  } else if (a.next_step != 0) {
    accumulate_steps<kHalf, true>(a, acc);
  } else {
    accumulate_steps<kHalf, false>(a, acc);
  }
  finish_tile(a, acc);
}

template <int R, int V>
constexpr void fill(IgemmTiles& tiles) {
  tiles.tile[V - 1][R - 1] = igemm_tile<false, R, V>;
  if constexpr (R > 1) fill<R - 1, V>(tiles);
}

template <int R, int V>
constexpr void fill_half(IgemmTiles& tiles) {
  tiles.half[V - 1][R - 1] = igemm_tile<true, R, V>;
  if constexpr (R > 1) fill_half<R - 1, V>(tiles);
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_IGEMM_IGEMM_SIMD_H
