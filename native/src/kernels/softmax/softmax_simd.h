// SOFTMAX kernels: maximum; exponentials and their sum; division. Three passes over an axis that
// stays in L1 or L2. The exponential of activation_simd.h (2.1 ulp) dominates.
//
// rows: vectors along the axis. The sum runs in one vector accumulator, lane i taking elements i,
//   i + lanes, ...; the lanes are added at the end. The order depends on the lanes of the ISA,
//   never on tile or thread.
// lanes: vectors across independent axes; each sum runs in axis order in one lane.
// A NaN, or an infinity that is the maximum, makes its whole axis NaN.
#ifndef STRIATE_KERNELS_SOFTMAX_SOFTMAX_SIMD_H
#define STRIATE_KERNELS_SOFTMAX_SOFTMAX_SIMD_H

#include <math.h>

#include "kernels/activation/activation_simd.h"
#include "kernels/softmax/softmax.h"
#include "kernels/strided/strided_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

// The first n lanes; the others read as `missing`.
STRIATE_INLINE Vec load_or(const float* p, int n, float missing) {
  alignas(64) float lane[Vec::kLanes];
  Vec::set1(missing).store(lane);
  Vec::load(p, n).store(lane, n);
  return Vec::load(lane);
}

STRIATE_INLINE Vec first_lanes_of(Vec v, int n) {
  alignas(64) float lane[Vec::kLanes];
  v.store(lane);
  return Vec::load(lane, n);
}

STRIATE_INLINE float log_of(float x) { return static_cast<float>(::log(static_cast<double>(x))); }

// One contiguous axis.
template <bool kLog>
STRIATE_INLINE void softmax_row(const float* x, float* y, int64_t n) {
  constexpr int L = Vec::kLanes;
  const int64_t whole = n - n % L;
  const int tail = static_cast<int>(n - whole);
  Vec top = Vec::set1(-__builtin_inff());
  for (int64_t i = 0; i < whole; i += L) top = max(top, Vec::load(x + i));
  if (tail > 0) top = max(top, load_or(x + whole, tail, -__builtin_inff()));
  const Vec m = Vec::set1(reduce_max(top));
  Vec sum = Vec::zero();
  for (int64_t i = 0; i < whole; i += L) {
    const Vec e = exp(Vec::load(x + i) - m);
    if (!kLog) e.store(y + i);
    sum = sum + e;
  }
  if (tail > 0) {
    const Vec e = first_lanes_of(exp(Vec::load(x + whole, tail) - m), tail);
    if (!kLog) e.store(y + whole, tail);
    sum = sum + e;
  }
  const float total = reduce_add(sum);
  const Vec last = Vec::set1(kLog ? log_of(total) : total);
  for (int64_t i = 0; i < n; i += L) {
    const int k = n - i < L ? static_cast<int>(n - i) : L;
    if (kLog)
      ((Vec::load(x + i, k) - m) - last).store(y + i, k);
    else
      (Vec::load(y + i, k) / last).store(y + i, k);
  }
}

template <bool kLog>
void softmax_rows(const SoftmaxPlan& plan, const float* src, float* dst, int64_t first,
                  int64_t last) {
  const StridedLoop& loop = plan.loop;
  int64_t unit = first * loop.units_per_tile;
  const int64_t end =
      last * loop.units_per_tile < loop.units ? last * loop.units_per_tile : loop.units;
  int64_t block = unit % loop.blocks;
  LineCursor<2> cursor;
  cursor.seek(loop, unit / loop.blocks);
  for (; unit < end; ++unit) {
    const int64_t stop =
        (block + 1) * loop.block < loop.lanes ? (block + 1) * loop.block : loop.lanes;
    for (int64_t i = block * loop.block; i < stop; ++i)
      softmax_row<kLog>(src + cursor.offset[1] + i * loop.lane_stride[1],
                        dst + cursor.offset[0] + i * loop.lane_stride[0], plan.axis);
    if (++block == loop.blocks) {
      block = 0;
      cursor.next(loop);
    }
  }
}

// n <= kLanes independent axes side by side.
template <bool kLog, bool kDense>
STRIATE_INLINE void softmax_vector(const SoftmaxPlan& plan, const float* x, float* y, int n) {
  const int64_t src_lane = plan.loop.lane_stride[1], dst_lane = plan.loop.lane_stride[0];
  auto load_x = [&](int64_t i) {
    const float* p = x + i * plan.src_stride;
    return kDense ? Vec::load(p, n) : load_strided(p, src_lane, n);
  };
  auto store_y = [&](int64_t i, Vec v) {
    float* p = y + i * plan.dst_stride;
    if (kDense)
      v.store(p, n);
    else
      store_strided(v, p, dst_lane, n);
  };
  Vec m = Vec::set1(-__builtin_inff());
  for (int64_t i = 0; i < plan.axis; ++i) m = max(m, load_x(i));
  Vec sum = Vec::zero();
  for (int64_t i = 0; i < plan.axis; ++i) {
    const Vec e = exp(load_x(i) - m);
    if (!kLog) store_y(i, e);
    sum = sum + e;
  }
  if (kLog) {
    alignas(64) float lane[Vec::kLanes];
    sum.store(lane);
    for (int i = 0; i < n; ++i) lane[i] = log_of(lane[i]);
    const Vec log_sum = Vec::load(lane, n);
    for (int64_t i = 0; i < plan.axis; ++i) store_y(i, (load_x(i) - m) - log_sum);
  } else {
    for (int64_t i = 0; i < plan.axis; ++i) {
      const float* p = y + i * plan.dst_stride;
      store_y(i, (kDense ? Vec::load(p, n) : load_strided(p, dst_lane, n)) / sum);
    }
  }
}

template <bool kLog>
void softmax_lanes(const SoftmaxPlan& plan, const float* src, float* dst, int64_t first,
                   int64_t last) {
  const StridedLoop& loop = plan.loop;
  const bool dense = loop.lane_stride[0] == 1 && loop.lane_stride[1] == 1;
  int64_t unit = first * loop.units_per_tile;
  const int64_t end =
      last * loop.units_per_tile < loop.units ? last * loop.units_per_tile : loop.units;
  int64_t block = unit % loop.blocks;
  LineCursor<2> cursor;
  cursor.seek(loop, unit / loop.blocks);
  for (; unit < end; ++unit) {
    const int64_t stop =
        (block + 1) * loop.block < loop.lanes ? (block + 1) * loop.block : loop.lanes;
    for (int64_t i = block * loop.block; i < stop; i += Vec::kLanes) {
      const int n = stop - i < Vec::kLanes ? static_cast<int>(stop - i) : Vec::kLanes;
      const float* x = src + cursor.offset[1] + i * loop.lane_stride[1];
      float* y = dst + cursor.offset[0] + i * loop.lane_stride[0];
      if (dense)
        softmax_vector<kLog, true>(plan, x, y, n);
      else
        softmax_vector<kLog, false>(plan, x, y, n);
    }
    if (++block == loop.blocks) {
      block = 0;
      cursor.next(loop);
    }
  }
}

void rows(const SoftmaxPlan& plan, const float* src, float* dst, int64_t first, int64_t last) {
  if (plan.log)
    softmax_rows<true>(plan, src, dst, first, last);
  else
    softmax_rows<false>(plan, src, dst, first, last);
}

void lanes(const SoftmaxPlan& plan, const float* src, float* dst, int64_t first, int64_t last) {
  if (plan.log)
    softmax_lanes<true>(plan, src, dst, first, last);
  else
    softmax_lanes<false>(plan, src, dst, first, last);
}

}  // namespace

extern const SoftmaxFunctions softmax_functions;
constinit const SoftmaxFunctions softmax_functions = {rows, lanes};

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_SOFTMAX_SOFTMAX_SIMD_H
