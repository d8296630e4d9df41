// The micro tile of igemm.h: R rows x V vectors.
//
// Loop order: tap, k, row, vector; everything but tap and k is unrolled.
// Registers, AVX-512: 6x4 = 24 accumulators + 4 weights + 1 broadcast (of 32); 8x3, 12x2 and 12x1
//   serve the last, narrower block of channels. AVX2: 6x2 = 12 + 2 + 1 (of 16), 3x4 for few
//   rows. Portable: 4x2.
// Per k, 6x4: 4 vector loads and 6 broadcasts feed 24 FMAs (12 cycles on two ports); 7x4 needs the
//   fourth weight as a memory operand and measured 4 % less.
// Blocking: the caller gives at most about 1024 k at once, so that the weights of a block (256 KB)
//   stay in L2; they stream through L1, fetched 8 steps (2 KB) ahead by prefetch. The first V row
//   tiles of a block fetch the next block's weights into L2, a cache line per k, or two where there
//   are fewer tiles: in a network they come from memory, which is slower than the multiplications
//   of one tile (16 rows, Winograd of 256 channels at 14x14 in ResNet-50, Zen 4, `./striate bench
//   zoo:resnet50 --steps`: 788 us where three of four parts were fetched, 735 so). A core with two
//   512-bit FMA units needs a line per 12 cycles, more than it can have on the way from memory.
//   Where L2 has 2 MB, four times as many tiles share the lines (Intel Xeon, 29 GB/s from L3:
//   ResNet-50's 1x1 layers of 7x7 0.84 -> 0.73 ms, of 14x14 0.65 -> 0.60). A
//   step of vectors of 8 takes 6 cycles; there as many tiles share the lines (Zen 3, 512 to 2048 at
//   7x7 cold: 1414 -> 1172 us). Zen 5 drops prefetches
//   instead; there igemm_segment touches the pages of the next block between tiles, and the
//   hardware fetches the rest (base/pages.h; `conv_bench --cold`, 256 channels, 14x14: 655 us by
//   lines, 585 by pages).
// Few rows: with fewer than 5 the time is that of reading the weights, and prefetches of lines only
//   slow it down (Zen 4, one row, 2.8 MB of weights in L3: 74 GB/s with them, 97 without; 4 rows,
//   38 MB of transformed weights: 1240 -> 910 us). A line of every page is fetched, two pages ahead
//   (Zen 5: AlexNet's dense layers 8.1 -> 6.5 ms, all of it 12.3 -> 10.5). The Xeon fetches every
//   line, 24 ahead, instead (`conv_bench --cold`, in turns: 4096 to 4096 4.0 ms by pages, 3.8
//   without prefetch, 3.3 by lines; 9216 to 4096, 4 rows, 12.8, 10.7; lines and pages together are
//   slower than either). Two tiles of 4 rows fetch the next block there, two lines per k, streams
//   of their own, which the hardware runs ahead of (AlexNet's first dense layer, 8 images, in
//   turns: 15.7 ms without prefetch, 13.4 with lines side by side, 12.4 so).
// From far: a single tap (1x1) also fetches its residual and, where an image is larger than L2, the
//   rows of the next tile, a line per k, where a burst of misses would hold up its own loads. With
//   operands in memory (conv_bench --residual --far, Zen 5), 64 channels to 256, 56x56: 648 us with
//   all lines of the residual at once, 521 so; 256 to 64: 636, 503; 128 to 512, 28x28: 604, 552;
//   all of ResNet-50 with 8 images 3 % less.
// Tails: channels by masked loads and stores of the last vector (weights and bias are padded by
//   packing); rows by the instantiations with smaller R, the last two of a range of about the same
//   height (49 rows are 7x6 + 4 + 3: one row alone would take the time of reading its weights).
//   Where the last vector holds 8 channels at most, AVX-512 multiplies it with 256 bits: half the
//   time where 512 bits are done in two steps (Zen 4, 96 channels to 24, 56x56: 176 -> 148 us), the
//   same elsewhere. Its weights are loaded with 512 all the same: with a load of 256 GCC 12 keeps a
//   sum on the stack, a chain of 15 cycles per k (Zen 5, 144 to 24, 56x56: 163 us, 135 so).
// Measured (Zen 5, one thread, bench/results): AVX-512 and AVX2 94-100 % of FMA peak from 128 k up,
//   92 % at 64 k, 75 % at 16 k; Zen 4, AVX-512: 98 % at 576 k, 96 % at 96, 80 % at 16, where the
//   stores of a tile take an eighth of its time. Zen 3, AVX2: 92-97 %, 85 % at 64 k. Portable 70-75
//   % of its multiply-and-add peak.
#ifndef STRIATE_KERNELS_IGEMM_IGEMM_SIMD_H
#define STRIATE_KERNELS_IGEMM_IGEMM_SIMD_H

#include <type_traits>

#include "base/checked.h"
#include "base/pages.h"
#include "kernels/igemm/tile_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

enum class TileForm {
  kPlain,
  kHalf,     // only half of the last vector's lanes are in use
  kStreams,  // the weights of each vector lie `vector_step` floats from the last one's
};

// Floats from the weights of one k to those of the next.
template <TileForm kForm, int V>
constexpr int64_t weights_step() {
  if constexpr (kForm == TileForm::kStreams)
    return Vec::kLanes;
  else
    return int64_t{V} * Vec::kLanes;
}

// One tap: R rows times `run` steps of k from `begin`. `kNext`: fetches so many lines of `next`
// into L2 per step, `next_gap` floats apart, `next_step` further each time, or kOwnLines; `kLines`:
// one of `lines` into L1.
template <TileForm kForm, int kNext, bool kLines, int R, int V>
STRIATE_INLINE void accumulate(const float* const (&s)[R], int64_t begin, const float* w,
                               int64_t vector_step, const float* next, int64_t next_step,
                               int64_t next_gap, const float* lines, int64_t run,
                               Vec (&acc)[R][V]) {
  constexpr int L = Vec::kLanes;
  constexpr int kAhead = 8 * V * L;
  constexpr int kPageSteps = (V == 3 ? 16 : 64 / V) * 16 / L;  // whose weights are a page or less
  const int64_t end = begin + run;
  int64_t k = begin;
  do {
    Vec weight[V];
    STRIATE_UNROLL
    for (int v = 0; v < V; ++v)
      weight[v] = Vec::load(w + v * (kForm == TileForm::kStreams ? vector_step : L));
    if constexpr (kForm == TileForm::kStreams) {
      // the hardware runs ahead of each stream
    } else if constexpr (R >= kPrefetchRows) {
      STRIATE_UNROLL
      for (int i = 0; i < V * L; i += kLine) prefetch(w + kAhead + i);
    } else if constexpr (kNext == kOwnLines) {
      STRIATE_UNROLL
      for (int i = 0; i < V * L; i += kLine) prefetch_l2(w + kOwnAhead + i);
    } else if (k % kPageSteps == 0) {
      prefetch_l2(w + kPagesAhead * kPage);
    }
    if constexpr (kNext > 0 && kNext != kOwnLines) {
      STRIATE_UNROLL
      for (int i = 0; i < kNext; ++i) prefetch_l2(next + i * next_gap);
      next += next_step;
    }
    if constexpr (kLines) {
      prefetch(lines);
      lines += kLine;
    }
    STRIATE_UNROLL
    for (int r = 0; r < R; ++r) {
      const Vec x = Vec::set1(s[r][k]);
      STRIATE_UNROLL
      for (int v = 0; v < V; ++v)
        acc[r][v] = kForm == TileForm::kHalf && v == V - 1 ? fma_half(x, weight[v], acc[r][v])
                                                           : fma(x, weight[v], acc[r][v]);
    }
    w += weights_step<kForm, V>();
  } while (++k < end);
}

// Whether the lines of the residual come one by one while a single tap is summed. A burst of
// misses would hold up the tile's own loads.
template <int R, int V>
STRIATE_INLINE bool fetches_residual_by_line(const IgemmTileArgs& a) {
  return R >= kPrefetchRows && V * Vec::kLanes % kLine == 0 && a.last && a.residual != nullptr &&
         a.taps == 1 && a.tap_offsets == nullptr && a.run >= R * V * Vec::kLanes / kLine;
}

// One tap, and on the way a line per step of what comes from far: residual, rows of the next tile.
template <TileForm kForm, int kNext, int R, int V>
STRIATE_INLINE void accumulate_tap(const IgemmTileArgs& a, const float* const (&s)[R],
                                   const float* w, int64_t vector_step, const float* next,
                                   Vec (&acc)[R][V]) {
  int64_t k = 0;
  if constexpr (R >= kPrefetchRows) {
    const auto fetch_rows = [&](const float* const* rows, int64_t offset, int64_t lines) {
      for (int r = 0; r < R && k + lines <= a.run; ++r, k += lines) {
        accumulate<kForm, kNext, true>(s, k, w, vector_step, next, a.next_step, a.next_gap,
                                       rows[r] + offset, lines, acc);
        w += lines * V * Vec::kLanes;
        next += lines * a.next_step;
      }
    };
    if (fetches_residual_by_line<R, V>(a))
      fetch_rows(a.residual, a.channel, V * Vec::kLanes / kLine);
    if (a.next_src != nullptr) fetch_rows(a.next_src, a.src_offset, ceil_div(a.run, kLine));
    if (k == a.run) return;
  }
  accumulate<kForm, kNext, false>(s, k, w, vector_step, next, a.next_step, a.next_gap, nullptr,
                                  a.run - k, acc);
}

// Calls f with `lines` as a constant; streams fetch none.
template <TileForm kForm, int R, class F>
STRIATE_INLINE void with_next_lines(int lines, const F& f) {
  if constexpr (kForm == TileForm::kStreams) {
    f(std::integral_constant<int, 0>());
  } else {
    if constexpr (R < kPrefetchRows)
      if (lines == kOwnLines) return f(std::integral_constant<int, kOwnLines>());
    if (lines == 0)
      f(std::integral_constant<int, 0>());
    else if (lines == 1)
      f(std::integral_constant<int, 1>());
    else
      f(std::integral_constant<int, 2>());
  }
}

template <TileForm kForm, int R, int V>
STRIATE_INLINE void accumulate_table(const IgemmTileArgs& a, Vec (&acc)[R][V]) {
  const float* w = a.weights;
  const float* const* src = a.src;
  const float* next = a.next;
  const int64_t run = a.run, vector_step = a.taps * run * Vec::kLanes;
  for (int64_t t = 0; t < a.taps; ++t, src += a.src_tap_stride) {
    const float* s[R];
    uintptr_t differs = 0;
    STRIATE_UNROLL
    for (int r = 0; r < R; ++r) {
      differs |= reinterpret_cast<uintptr_t>(src[r]) ^ reinterpret_cast<uintptr_t>(a.zero_row);
      s[r] = src[r] + a.src_offset;
    }
    if (differs != 0)
      with_next_lines<kForm, R>(a.next_lines, [&](auto lines) STRIATE_INLINE_LAMBDA {
        accumulate_tap<kForm, lines.value>(a, s, w, vector_step, next, acc);
      });
    w += run * weights_step<kForm, V>();
    next += run * a.next_step;
  }
}

// All taps at steps from the first: the pointers stay in registers.
template <TileForm kForm, int kNext, int R, int V>
STRIATE_INLINE void accumulate_steps(const IgemmTileArgs& a, Vec (&acc)[R][V]) {
  const float* s[R];
  STRIATE_UNROLL
  for (int r = 0; r < R; ++r) s[r] = a.src[r] + a.src_offset;
  const float* w = a.weights;
  const float* next = a.next;
  const int64_t run = a.run, vector_step = a.taps * run * Vec::kLanes;
  for (int64_t t = 0; t < a.taps; ++t) {
    accumulate<kForm, kNext, false>(s, a.tap_offsets[t], w, vector_step, next, a.next_step,
                                    a.next_gap, nullptr, run, acc);
    w += run * weights_step<kForm, V>();
    next += run * a.next_step;
  }
}

template <TileForm kForm, int R, int V>
void igemm_tile(const IgemmTileArgs& a) {
  Vec acc[R][V];
  start_tile(a, acc);
  if (!fetches_residual_by_line<R, V>(a)) fetch_residual<R, V>(a);
  if (a.tap_offsets == nullptr)
    accumulate_table<kForm>(a, acc);
  else
    with_next_lines<kForm, R>(a.next_lines, [&](auto lines) STRIATE_INLINE_LAMBDA {
      accumulate_steps<kForm, lines.value>(a, acc);
    });
  finish_tile(a, acc);
}

template <int R, int V, TileForm kForm = TileForm::kPlain>
constexpr void fill(IgemmTiles& tiles) {
  tiles.tile[V - 1][R - 1] = igemm_tile<kForm, R, V>;
  if constexpr (R > 1) fill<R - 1, V, kForm>(tiles);
}

template <int R, int V>
constexpr void fill_half(IgemmTiles& tiles) {
  tiles.half[V - 1][R - 1] = igemm_tile<TileForm::kHalf, R, V>;
  if constexpr (R > 1) fill_half<R - 1, V>(tiles);
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_IGEMM_IGEMM_SIMD_H
