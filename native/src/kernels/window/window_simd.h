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
#include "kernels/window/window_small_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

constexpr float kLowest = -__builtin_inff();

// The taps of one segment, in absolute elements, and what its end needs.
struct Window {
  const float* src;      // first tap of lane 0
  const float* weights;  // of that tap, where the fold is weighted
  int64_t count[kMaxWindowAxes];
  int64_t centre;
  float divisor;
};

template <WindowFold kFold>
STRIATE_INLINE Vec fold(Vec acc, Vec x, Vec weight) {
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

// Loads vector v of the lanes at p; kPartial: one vector of which n lanes exist; kDense: lanes are
// contiguous.
template <bool kPartial, bool kDense>
STRIATE_INLINE Vec load_lanes(const float* p, int64_t step, int v, int n) {
  constexpr int L = Vec::kLanes;
  if (kDense) return kPartial ? Vec::load(p, n) : Vec::load(p + v * L);
  return load_strided(p + v * L * step, step, kPartial ? n : L);
}

// A maximum takes one instruction per tap, and NaNs are noted two taps at a time: max(x, acc) is
// acc where x is NaN, so the maximum of the others stays good.
template <int V, bool kPartial, bool kDense>
STRIATE_INLINE void max_taps(const WindowPlan& plan, const Window& w, const float* base, int n,
                             Vec* acc) {
  const int64_t step = plan.src_lane_stride, tap = plan.tap_stride[2];
  Mask nan[V];
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) nan[v] = is_nan(acc[v]);  // none
  for (int64_t a = 0; a < w.count[0]; ++a) {
    for (int64_t b = 0; b < w.count[1]; ++b) {
      const float* p = base + a * plan.tap_stride[0] + b * plan.tap_stride[1];
      int64_t c = 0;
      for (; c + 2 <= w.count[2]; c += 2, p += 2 * tap) {
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
          const Vec x = load_lanes<kPartial, kDense>(p, step, v, n);
          const Vec y = load_lanes<kPartial, kDense>(p + tap, step, v, n);
          nan[v] = nan[v] | is_nan_either(x, y);
          acc[v] = max(y, max(x, acc[v]));
        }
      }
      if (c < w.count[2]) {
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
          const Vec x = load_lanes<kPartial, kDense>(p, step, v, n);
          nan[v] = nan[v] | is_nan(x);
          acc[v] = max(x, acc[v]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) acc[v] = select(nan[v], Vec::set1(__builtin_nanf("")), acc[v]);
}

// The sum of weights goes to *weight_sum.
template <WindowFold kFold, int V, bool kPartial, bool kDense>
STRIATE_INLINE void sum_taps(const WindowPlan& plan, const Window& w, const float* base, int n,
                             Vec* acc, float* weight_sum) {
  const int64_t step = plan.src_lane_stride;
  Vec weight = Vec::zero();
  for (int64_t a = 0; a < w.count[0]; ++a) {
    for (int64_t b = 0; b < w.count[1]; ++b) {
      const float* p = base + a * plan.tap_stride[0] + b * plan.tap_stride[1];
      const float* q = nullptr;
      if (kFold == WindowFold::kWeighted) q = w.weights + (a * plan.kernel[1] + b) * plan.kernel[2];
      for (int64_t c = 0; c < w.count[2]; ++c, p += plan.tap_stride[2]) {
        if (kFold == WindowFold::kWeighted) {
          weight = Vec::set1(q[c]);
          *weight_sum += q[c];
        }
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v)
          acc[v] = fold<kFold>(acc[v], load_lanes<kPartial, kDense>(p, step, v, n), weight);
      }
    }
  }
}

// V vectors of outputs from `lane` on.
template <WindowFold kFold, int V, bool kPartial, bool kDense>
STRIATE_INLINE void fold_vectors(const WindowPlan& plan, const Window& w, float* dst, int64_t lane,
                                 int n) {
  constexpr int L = Vec::kLanes;
  const int64_t step = kDense ? 1 : plan.src_lane_stride;
  const int64_t dst_step = kDense ? 1 : plan.dst_lane_stride;
  const float* base = w.src + lane * step;
  float weight_sum = 0;
  Vec acc[V];
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) acc[v] = kFold == WindowFold::kMax ? Vec::set1(kLowest) : Vec::zero();
  if constexpr (kFold == WindowFold::kMax)
    max_taps<V, kPartial, kDense>(plan, w, base, n, acc);
  else
    sum_taps<kFold, V, kPartial, kDense>(plan, w, base, n, acc, &weight_sum);
  const Vec divisor = Vec::set1(kFold == WindowFold::kWeighted ? weight_sum : w.divisor);
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) {
    Vec centre = Vec::zero();
    if (kFold == WindowFold::kLrn)
      centre = load_lanes<kPartial, kDense>(base + w.centre, step, v, n);
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
  // Goes on by `count` lines, at most to the end of the innermost dimension.
  STRIATE_INLINE void skip(const WindowPlan& plan, int64_t count) {
    for (int d = plan.rank - 1; d >= 0; --d, count = 1) {
      if ((index[d] += count) < plan.dims[d]) return;
      index[d] = 0;
    }
  }
};

// The window of a segment: its taps along the three axes put together.
STRIATE_INLINE Window window_of(const WindowPlan& plan, const WindowTaps* const* taps,
                                const float* src, const float* weights) {
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
  w.weights = weights + weight_offset;
  w.src = src + tap_offset;
  return w;
}

// `outputs` outputs of one window shape, n lanes each.
template <WindowFold kFold, bool kDense>
STRIATE_INLINE void fold_outputs(const WindowPlan& plan, Window w, float* dst, int64_t n,
                                 int64_t outputs, int64_t src_step, int64_t dst_step) {
  if constexpr (kDense && (kFold == WindowFold::kMax || kFold == WindowFold::kAverage)) {
    const auto small = w.count[0] == 1 ? small_window<kFold>(w.count[1], w.count[2]) : nullptr;
    if (small != nullptr) {
      small({w.src, dst, src_step, dst_step, outputs, plan.tap_stride[1], plan.tap_stride[2], n,
             w.divisor});
      return;
    }
  }
  for (int64_t i = 0; i < outputs; ++i, w.src += src_step, dst += dst_step)
    fold_lanes<kFold, kDense>(plan, w, dst, n);
}

template <WindowFold kFold, bool kDense>
void fold_lines(const WindowPlan& plan, const float* const* src, float* dst, int64_t first,
                int64_t last) {
  const float* const weights = kFold == WindowFold::kWeighted ? src[1] : src[0];
  int64_t unit = first * plan.units_per_tile;
  const int64_t end =
      last * plan.units_per_tile < plan.units ? last * plan.units_per_tile : plan.units;
  int64_t block = unit % plan.blocks;
  const int inner = plan.rank - 1;
  WindowCursor cursor;
  cursor.seek(plan, unit / plan.blocks);
  while (unit < end) {
    const float* x = src[0];
    float* y = dst;
    const WindowTaps* taps[kMaxWindowAxes] = {plan.taps[0], plan.taps[1], plan.taps[2]};
    for (int d = 0; d < plan.rank; ++d) {
      if (plan.axis[d] >= 0)
        taps[plan.axis[d]] += cursor.index[d];
      else
        x += cursor.index[d] * plan.src_strides[d];
      y += cursor.index[d] * plan.dst_strides[d];
    }
    int64_t lines = 1;  // that share this window but for its place
    if (plan.lane_axis >= 0) {
      for (int s = 0; s < plan.segment_count; ++s) {
        const WindowSegment& segment = plan.segments[s];
        taps[plan.lane_axis] = &segment.taps;
        fold_lanes<kFold, kDense>(plan, window_of(plan, taps, x, weights),
                                  y + segment.begin * plan.dst_lane_stride, segment.count);
      }
    } else {
      const int64_t begin = block * plan.block;
      const int64_t rest = plan.segments[0].count - begin;
      Window w = window_of(plan, taps, x + begin * plan.src_lane_stride, weights);
      y += begin * plan.dst_lane_stride;
      int64_t src_step = 0, dst_step = 0;
      if (plan.blocks == 1 && inner >= 0) {
        const int axis = plan.axis[inner];
        lines = axis >= 0 ? taps[axis]->same : plan.dims[inner] - cursor.index[inner];
        if (lines > end - unit) lines = end - unit;
        if (lines > 1)
          src_step =
              axis >= 0 ? taps[axis][1].offset - taps[axis][0].offset : plan.src_strides[inner];
        dst_step = plan.dst_strides[inner];
      }
      const int64_t n = rest < plan.block ? rest : plan.block;
      fold_outputs<kFold, kDense>(plan, w, y, n, lines, src_step, dst_step);
    }
    unit += lines;
    if (++block == plan.blocks) {
      block = 0;
      cursor.skip(plan, lines);
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
