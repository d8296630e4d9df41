// Windows of up to 3x3 taps, maximum and average, over a run of neighbouring outputs whose lanes
// are adjacent: the pools between convolutions, where the generic loops of window_simd.h take
// longer to count taps than to fold them.
//
// Loop order: output, blocks of 4 vectors, taps (row-major, unrolled), vectors. Registers: 4
// accumulators, 4 NaN masks and two taps. A 2x2 maximum is 4 loads and 4 max per stored vector.
// Same operations in the same order as the generic loops, hence the same bits.
// Measured, Zen 4, one thread: 2x2 stride 2 on 32x26x26 3.0 us with the generic loops, 1.8 us here;
// on 6x28x28 1.8 and 0.9 us.
#ifndef STRIATE_KERNELS_WINDOW_WINDOW_SMALL_SIMD_H
#define STRIATE_KERNELS_WINDOW_WINDOW_SMALL_SIMD_H

#include "base/simd.h"
#include "kernels/window/window.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

// Outputs of one window shape: output i reads src + i * src_step, writes dst + i * dst_step.
struct SmallWindows {
  const float* src;
  float* dst;
  int64_t src_step, dst_step, outputs;
  int64_t row, tap;  // elements from one tap of the window to the next
  int64_t lanes;
  float divisor;
};

template <WindowFold kFold, int A, int B, int V, bool kPartial>
STRIATE_INLINE void small_vectors(const SmallWindows& w, const float* src, float* dst, int n,
                                  Vec scale, bool multiplies) {
  constexpr int L = Vec::kLanes;
  Vec acc[V];
  Mask nan[V];
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) {
    acc[v] = kFold == WindowFold::kMax ? Vec::set1(-__builtin_inff()) : Vec::zero();
    nan[v] = is_nan(acc[v]);  // none
  }
  // Two taps at a time, so that a maximum notes the NaNs of both at once.
#pragma GCC unroll 4
  for (int t = 0; t + 1 < A * B; t += 2) {
    const float* p = src + t / B * w.row + t % B * w.tap;
    const float* q = src + (t + 1) / B * w.row + (t + 1) % B * w.tap;
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const Vec x = kPartial ? Vec::load(p, n) : Vec::load(p + v * L);
      const Vec y = kPartial ? Vec::load(q, n) : Vec::load(q + v * L);
      if (kFold == WindowFold::kMax) {
        nan[v] = nan[v] | is_nan_either(x, y);
        acc[v] = max(y, max(x, acc[v]));
      } else {
        acc[v] = (acc[v] + x) + y;
      }
    }
  }
  if (A * B % 2 == 1) {
    const float* p = src + (A - 1) * w.row + (B - 1) * w.tap;
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const Vec x = kPartial ? Vec::load(p, n) : Vec::load(p + v * L);
      if (kFold == WindowFold::kMax) {
        nan[v] = nan[v] | is_nan(x);
        acc[v] = max(x, acc[v]);
      } else {
        acc[v] = acc[v] + x;
      }
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) {
    Vec y = acc[v];
    if (kFold == WindowFold::kMax)
      y = select(nan[v], Vec::set1(__builtin_nanf("")), y);
    else
      y = multiplies ? y * scale : y / scale;
    if (kPartial)
      y.store(dst, n);
    else
      y.store(dst + v * L);
  }
}

template <WindowFold kFold, int A, int B>
void fold_small(const SmallWindows& w) {
  constexpr int L = Vec::kLanes;
  // The product with the inverse of a power of two is its quotient, bit by bit.
  const int divisor = static_cast<int>(w.divisor);
  const bool multiplies = divisor > 0 && (divisor & (divisor - 1)) == 0;
  const Vec scale = Vec::set1(multiplies ? 1.0f / w.divisor : w.divisor);
  const float* src = w.src;
  float* dst = w.dst;
  for (int64_t i = 0; i < w.outputs; ++i, src += w.src_step, dst += w.dst_step) {
    int64_t c = 0;
    for (; c + 4 * L <= w.lanes; c += 4 * L)
      small_vectors<kFold, A, B, 4, false>(w, src + c, dst + c, L, scale, multiplies);
    for (; c + L <= w.lanes; c += L)
      small_vectors<kFold, A, B, 1, false>(w, src + c, dst + c, L, scale, multiplies);
    if (c < w.lanes)
      small_vectors<kFold, A, B, 1, true>(w, src + c, dst + c, static_cast<int>(w.lanes - c), scale,
                                          multiplies);
  }
}

// The function for A x B taps, each 1 to 3, else null.
template <WindowFold kFold>
STRIATE_INLINE auto small_window(int64_t a, int64_t b) -> void (*)(const SmallWindows&) {
  using Function = void (*)(const SmallWindows&);
  static constexpr Function kFunctions[3][3] = {
      {fold_small<kFold, 1, 1>, fold_small<kFold, 1, 2>, fold_small<kFold, 1, 3>},
      {fold_small<kFold, 2, 1>, fold_small<kFold, 2, 2>, fold_small<kFold, 2, 3>},
      {fold_small<kFold, 3, 1>, fold_small<kFold, 3, 2>, fold_small<kFold, 3, 3>}};
  if (a < 1 || a > 3 || b < 1 || b > 3) return nullptr;
  return kFunctions[a - 1][b - 1];
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_WINDOW_WINDOW_SMALL_SIMD_H
