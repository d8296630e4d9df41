// REDUCE kernels.
//
// across: 4 vectors of outputs at a time, one accumulator each, over all reduced elements in plan
//   order; bound by loads. Tail: single vectors, the last one masked.
// along: one output at a time; the contiguous run goes through 4 vector accumulators in turn,
//   ((a0+a1)+(a2+a3)), then across the lanes. Tail: a masked vector, missing lanes neutral.
// The order of a sum depends on the layout and the lanes of the ISA, never on tile or thread.
// A mean is a sum and one true division. NaN wins a maximum.
#ifndef STRIATE_KERNELS_REDUCE_REDUCE_SIMD_H
#define STRIATE_KERNELS_REDUCE_REDUCE_SIMD_H

#include "kernels/reduce/reduce.h"
#include "kernels/strided/strided_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

enum ReduceKind {
  kSum = STRIATE_REDUCE_SUM,
  kMean = STRIATE_REDUCE_MEAN,
  kMax = STRIATE_REDUCE_MAX
};

constexpr float kLowest = -__builtin_inff();

template <ReduceKind kKind>
STRIATE_INLINE Vec neutral() {
  return kKind == kMax ? Vec::set1(kLowest) : Vec::zero();
}

template <ReduceKind kKind>
STRIATE_INLINE Vec join(Vec acc, Vec x) {
  return kKind == kMax ? select(is_nan(x), x, max(x, acc)) : acc + x;
}

template <ReduceKind kKind>
STRIATE_INLINE Vec finish(Vec acc, float count) {
  return kKind == kMean ? acc / Vec::set1(count) : acc;
}

// The offsets of the runs, one after the other.
struct RunCursor {
  int64_t index[STRIATE_MAX_RANK];
  int64_t offset;

  STRIATE_INLINE void reset(const ReducePlan& plan) {
    for (int d = 0; d < plan.rank; ++d) index[d] = 0;
    offset = 0;
  }
  STRIATE_INLINE void next(const ReducePlan& plan) {
    for (int d = plan.rank - 2; d >= 0; --d) {
      offset += plan.strides[d];
      if (++index[d] < plan.dims[d]) return;
      offset -= plan.dims[d] * plan.strides[d];
      index[d] = 0;
    }
  }
};

template <ReduceKind kKind, int V, bool kDense>
STRIATE_INLINE void across_vectors(const ReducePlan& plan, const float* src, float* dst, int n) {
  constexpr int L = Vec::kLanes;
  const int64_t src_lane = kDense ? 1 : plan.loop.lane_stride[1];
  const int64_t dst_lane = kDense ? 1 : plan.loop.lane_stride[0];
  Vec acc[V];
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) acc[v] = neutral<kKind>();
  RunCursor cursor;
  cursor.reset(plan);
  for (int64_t o = 0; o < plan.outer; ++o) {
    const float* p = src + cursor.offset;
    for (int64_t i = 0; i < plan.run; ++i, p += plan.run_stride) {
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v)
        acc[v] = join<kKind>(acc[v], !kDense  ? load_strided(p + v * L * src_lane, src_lane, n)
                                     : V == 1 ? Vec::load(p, n)
                                              : Vec::load(p + v * L));
    }
    cursor.next(plan);
  }
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) {
    const Vec y = finish<kKind>(acc[v], plan.count);
    float* to = dst + v * L * dst_lane;
    if (!kDense)
      store_strided(y, to, dst_lane, n);
    else if (V == 1)
      y.store(to, n);
    else
      y.store(to);
  }
}

template <ReduceKind kKind, bool kDense>
STRIATE_INLINE void across_lanes(const ReducePlan& plan, const float* src, float* dst, int64_t n) {
  constexpr int L = Vec::kLanes;
  const int64_t src_lane = kDense ? 1 : plan.loop.lane_stride[1];
  const int64_t dst_lane = kDense ? 1 : plan.loop.lane_stride[0];
  int64_t i = 0;
  for (; i + 4 * L <= n; i += 4 * L)
    across_vectors<kKind, 4, kDense>(plan, src + i * src_lane, dst + i * dst_lane, L);
  for (; i < n; i += L)
    across_vectors<kKind, 1, kDense>(plan, src + i * src_lane, dst + i * dst_lane,
                                     n - i < L ? static_cast<int>(n - i) : L);
}

template <ReduceKind kKind>
STRIATE_INLINE float along_run(const ReducePlan& plan, const float* src) {
  constexpr int L = Vec::kLanes;
  Vec acc[4] = {neutral<kKind>(), neutral<kKind>(), neutral<kKind>(), neutral<kKind>()};
  RunCursor cursor;
  cursor.reset(plan);
  for (int64_t o = 0; o < plan.outer; ++o) {
    const float* p = src + cursor.offset;
    int64_t i = 0;
    for (; i + 4 * L <= plan.run; i += 4 * L)
#pragma GCC unroll 4
      for (int v = 0; v < 4; ++v) acc[v] = join<kKind>(acc[v], Vec::load(p + i + v * L));
    for (; i + L <= plan.run; i += L) acc[0] = join<kKind>(acc[0], Vec::load(p + i));
    if (i < plan.run) {
      const int n = static_cast<int>(plan.run - i);
      alignas(64) float lane[L];
      neutral<kKind>().store(lane);
      Vec::load(p + i, n).store(lane, n);
      acc[0] = join<kKind>(acc[0], Vec::load(lane));
    }
    cursor.next(plan);
  }
  const Vec all = join<kKind>(join<kKind>(acc[0], acc[1]), join<kKind>(acc[2], acc[3]));
  if (kKind != kMax) return kKind == kMean ? reduce_add(all) / plan.count : reduce_add(all);
  alignas(64) float lane[L];
  all.store(lane);
  float top = lane[0];
  for (int i = 1; i < L; ++i)
    if (lane[i] != lane[i] || lane[i] > top) top = lane[i];
  for (int i = 0; i < L; ++i)
    if (lane[i] != lane[i]) top = lane[i];
  return top;
}

template <ReduceKind kKind, bool kAlong, bool kDense>
void reduce_lines(const ReducePlan& plan, const float* src, float* dst, int64_t first,
                  int64_t last) {
  const StridedLoop& loop = plan.loop;
  int64_t unit = first * loop.units_per_tile;
  const int64_t end =
      last * loop.units_per_tile < loop.units ? last * loop.units_per_tile : loop.units;
  int64_t block = unit % loop.blocks;
  LineCursor<2> cursor;
  cursor.seek(loop, unit / loop.blocks);
  for (; unit < end; ++unit) {
    const int64_t begin = block * loop.block;
    const int64_t n = loop.lanes - begin < loop.block ? loop.lanes - begin : loop.block;
    const float* s = src + cursor.offset[1] + begin * loop.lane_stride[1];
    float* d = dst + cursor.offset[0] + begin * loop.lane_stride[0];
    if constexpr (kAlong) {
      for (int64_t i = 0; i < n; ++i)
        d[i * loop.lane_stride[0]] = along_run<kKind>(plan, s + i * loop.lane_stride[1]);
    } else {
      across_lanes<kKind, kDense>(plan, s, d, n);
    }
    if (++block == loop.blocks) {
      block = 0;
      cursor.next(loop);
    }
  }
}

template <ReduceKind kKind>
void along(const ReducePlan& plan, const float* src, float* dst, int64_t first, int64_t last) {
  reduce_lines<kKind, true, false>(plan, src, dst, first, last);
}

template <ReduceKind kKind>
void across(const ReducePlan& plan, const float* src, float* dst, int64_t first, int64_t last) {
  if (plan.loop.lane_stride[0] == 1 && plan.loop.lane_stride[1] == 1)
    reduce_lines<kKind, false, true>(plan, src, dst, first, last);
  else
    reduce_lines<kKind, false, false>(plan, src, dst, first, last);
}

}  // namespace

extern const ReduceFunctions reduce_functions;
constinit const ReduceFunctions reduce_functions = {{along<kSum>, along<kMean>, along<kMax>},
                                                    {across<kSum>, across<kMean>, across<kMax>}};

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_REDUCE_REDUCE_SIMD_H
