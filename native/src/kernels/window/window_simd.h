// The window engine's kernels; see window.h.
//
// Loop order: lines, segments of a line, blocks of V vectors, taps (slowest axis first), vectors.
// Registers: V = 4 accumulators and a loaded tap; a 3x3 pool is 9 loads and 9 max per stored
// vector,
//   bound by L1 loads. A global pool is the same loop with one block of lanes running over all
//   pixels: 4 independent chains hide the latency of the add.
// Tail: single vectors, the last one masked; strided lanes are gathered.
// Accumulation order: taps in row-major order of the window, one accumulator per output: no result
//   depends on layout, block or tile.
// Rounding: average and L1 are adds, then one true division, so sums of integers below 2^24 are
//   exact and the quotient correctly rounded; L2, LRN and weighted use fma (rounded twice in
//   `portable`). Lp with p other than 1 and 2 accumulates in double and takes pow from libm, LRN
//   with beta other than 1, 3/4 and 1/2 takes pow from libm.
#ifndef STRIATE_KERNELS_WINDOW_WINDOW_SIMD_H
#define STRIATE_KERNELS_WINDOW_WINDOW_SIMD_H

#include <math.h>

#include "kernels/lrn/lrn_power_simd.h"
#include "kernels/strided/strided_simd.h"
#include "kernels/window/window.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

constexpr float kLowest = -__builtin_inff();

// The taps of one segment, in absolute elements, and what its end needs.
struct Window {
  const float* src;  // first tap of lane 0
  const float* weights;
  int64_t count[kMaxWindowAxes];
  int64_t centre;
  float divisor;
};

template <WindowFold kFold>
STRIATE_INLINE Vec fold(Vec acc, Vec x, Vec weight) {
  if (kFold == WindowFold::kMax) return select(is_nan(x), x, max(x, acc));
  if (kFold == WindowFold::kAverage) return acc + x;
  if (kFold == WindowFold::kL1) return acc + abs(x);
  if (kFold == WindowFold::kWeighted) return fma(weight, x, acc);
  return fma(x, x, acc);
}

template <WindowFold kFold>
STRIATE_INLINE Vec finish(const WindowPlan& plan, Vec acc, Vec centre, Vec divisor) {
  if (kFold == WindowFold::kAverage || kFold == WindowFold::kWeighted) return acc / divisor;
  if (kFold == WindowFold::kL2) return sqrt(acc);
  if (kFold == WindowFold::kLrn)
    return divide_by_power(centre, fma(acc, Vec::set1(plan.factor), Vec::set1(plan.k)), plan.beta);
  return acc;
}

// V vectors of lanes from `lane` on; kPartial: one vector of which n lanes exist; kDense: lanes are
// contiguous in src and dst.
template <WindowFold kFold, int V, bool kPartial, bool kDense>
STRIATE_INLINE void fold_vectors(const WindowPlan& plan, const Window& w, float* dst, int64_t lane,
                                 int n) {
  constexpr int L = Vec::kLanes;
  const int64_t step = kDense ? 1 : plan.src_lane_stride;
  Vec acc[V];
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) acc[v] = kFold == WindowFold::kMax ? Vec::set1(kLowest) : Vec::zero();
  Vec weight = Vec::zero();
  float weight_sum = 0;
  const float* base = w.src + lane * step;
  for (int64_t a = 0; a < w.count[0]; ++a) {
    for (int64_t b = 0; b < w.count[1]; ++b) {
      const float* p = base + a * plan.tap_stride[0] + b * plan.tap_stride[1];
      const float* q = nullptr;
      if (kFold == WindowFold::kWeighted) q = w.weights + (a * plan.kernel[1] + b) * plan.kernel[2];
      for (int64_t c = 0; c < w.count[2]; ++c, p += plan.tap_stride[2]) {
        if (kFold == WindowFold::kWeighted) {
          weight = Vec::set1(q[c]);
          weight_sum += q[c];
        }
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
          Vec x;
          if (kDense)
            x = kPartial ? Vec::load(p, n) : Vec::load(p + v * L);
          else
            x = load_strided(p + v * L * step, step, kPartial ? n : L);
          acc[v] = fold<kFold>(acc[v], x, weight);
        }
      }
    }
  }
  const Vec divisor = Vec::set1(kFold == WindowFold::kWeighted ? weight_sum : w.divisor);
  const int64_t dst_step = kDense ? 1 : plan.dst_lane_stride;
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) {
    Vec centre = Vec::zero();
    if (kFold == WindowFold::kLrn) {
      const float* p = base + w.centre + v * L * step;
      if (kDense)
        centre = kPartial ? Vec::load(p, n) : Vec::load(p);
      else
        centre = load_strided(p, step, kPartial ? n : L);
    }
    const Vec y = finish<kFold>(plan, acc[v], centre, divisor);
    float* to = dst + (lane + v * L) * dst_step;
    if (kDense && kPartial)
      y.store(to, n);
    else if (kDense)
      y.store(to);
    else
      store_strided(y, to, dst_step, kPartial ? n : L);
  }
}

// General p: in double, element by element.
STRIATE_INLINE void fold_power(const WindowPlan& plan, const Window& w, float* dst, int64_t lane) {
  const float* base = w.src + lane * plan.src_lane_stride;
  const double p = static_cast<double>(plan.p);
  double sum = 0;
  for (int64_t a = 0; a < w.count[0]; ++a)
    for (int64_t b = 0; b < w.count[1]; ++b)
      for (int64_t c = 0; c < w.count[2]; ++c)
        sum += pow(
            fabs(static_cast<double>(
                base[a * plan.tap_stride[0] + b * plan.tap_stride[1] + c * plan.tap_stride[2]])),
            p);
  dst[lane * plan.dst_lane_stride] = static_cast<float>(pow(sum, 1 / p));
}

template <WindowFold kFold, bool kDense>
STRIATE_INLINE void fold_lanes(const WindowPlan& plan, const Window& w, float* dst, int64_t n) {
  constexpr int L = Vec::kLanes;
  int64_t i = 0;
  if constexpr (kFold == WindowFold::kLp) {
    for (; i < n; ++i) fold_power(plan, w, dst, i);
  } else {
    for (; i + 4 * L <= n; i += 4 * L) fold_vectors<kFold, 4, false, kDense>(plan, w, dst, i, L);
    for (; i + L <= n; i += L) fold_vectors<kFold, 1, false, kDense>(plan, w, dst, i, L);
    if (i < n) fold_vectors<kFold, 1, true, kDense>(plan, w, dst, i, static_cast<int>(n - i));
  }
}

// The lines of a plan, one after the other.
struct WindowCursor {
  int64_t index[STRIATE_MAX_RANK];

  STRIATE_INLINE void seek(const WindowPlan& plan, int64_t line) {
    for (int d = plan.rank - 1; d >= 0; --d) {
      index[d] = line % plan.dims[d];
      line /= plan.dims[d];
    }
  }
  STRIATE_INLINE void next(const WindowPlan& plan) {
    for (int d = plan.rank - 1; d >= 0; --d) {
      if (++index[d] < plan.dims[d]) return;
      index[d] = 0;
    }
  }
};

template <WindowFold kFold, bool kDense>
void fold_lines(const WindowPlan& plan, const float* const* src, float* dst, int64_t first,
                int64_t last) {
  int64_t unit = first * plan.units_per_tile;
  const int64_t end =
      last * plan.units_per_tile < plan.units ? last * plan.units_per_tile : plan.units;
  int64_t block = unit % plan.blocks;
  WindowCursor cursor;
  cursor.seek(plan, unit / plan.blocks);
  for (; unit < end; ++unit) {
    int64_t src_offset = 0, dst_offset = 0;
    const WindowTaps* taps[kMaxWindowAxes] = {plan.taps[0], plan.taps[1], plan.taps[2]};
    for (int d = 0; d < plan.rank; ++d) {
      if (plan.axis[d] >= 0)
        taps[plan.axis[d]] += cursor.index[d];
      else
        src_offset += cursor.index[d] * plan.src_strides[d];
      dst_offset += cursor.index[d] * plan.dst_strides[d];
    }
    for (int s = 0; s < plan.segment_count; ++s) {
      const WindowSegment& segment = plan.segments[s];
      if (plan.lane_axis >= 0) taps[plan.lane_axis] = &segment.taps;
      Window w;
      w.centre = 0;
      int64_t tap_offset = 0, weight_offset = 0, divisor = 1;
      for (int a = 0; a < kMaxWindowAxes; ++a) {
        w.count[a] = taps[a]->count;
        w.centre += taps[a]->centre;
        tap_offset += taps[a]->offset;
        weight_offset = weight_offset * plan.kernel[a] + taps[a]->first;
        divisor *= taps[a]->divisor;
      }
      w.divisor = static_cast<float>(divisor);
      w.weights = kFold == WindowFold::kWeighted ? src[1] + weight_offset : nullptr;
      const int64_t begin = plan.lane_axis >= 0 ? 0 : block * plan.block;
      const int64_t rest = segment.count - begin;
      w.src = src[0] + src_offset + tap_offset + begin * plan.src_lane_stride;
      fold_lanes<kFold, kDense>(plan, w,
                                dst + dst_offset + (segment.begin + begin) * plan.dst_lane_stride,
                                rest < plan.block ? rest : plan.block);
    }
    if (++block == plan.blocks) {
      block = 0;
      cursor.next(plan);
    }
  }
}

template <WindowFold kFold>
void fold_window(const WindowPlan& plan, const float* const* src, float* dst, int64_t first,
                 int64_t last) {
  if (plan.src_lane_stride == 1 && plan.dst_lane_stride == 1)
    fold_lines<kFold, true>(plan, src, dst, first, last);
  else
    fold_lines<kFold, false>(plan, src, dst, first, last);
}

}  // namespace

extern const WindowFunctions window_functions;
constinit const WindowFunctions window_functions = {
    {fold_window<WindowFold::kMax>, fold_window<WindowFold::kAverage>, fold_window<WindowFold::kL1>,
     fold_window<WindowFold::kL2>, fold_window<WindowFold::kLp>, fold_window<WindowFold::kWeighted>,
     fold_window<WindowFold::kLrn>}};

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_WINDOW_WINDOW_SIMD_H
