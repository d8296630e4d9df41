// Linear RESIZE: an output element is a weighted sum of up to 2^axes source elements.
//
// Lanes along channels: the (up to 8) sources and weights of a pixel are found once and serve all
//   vectors of the line: 4 loads and 4 fma per vector in 2-D, bound by loads.
// Lanes along the last axis (row-major): every lane has two sources of its own, gathered element by
//   element; the weights of the other axes are shared.
// A neighbour of weight 0 is not read into the sum, so that an infinity beside an exact hit does no
//   harm. Weights are products of per-axis weights, rounded; order: slowest axis first.
#ifndef STRIATE_KERNELS_RESIZE_RESIZE_SIMD_H
#define STRIATE_KERNELS_RESIZE_RESIZE_SIMD_H

#include "kernels/resize/resize.h"
#include "kernels/strided/strided_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

// The sources of a line: offsets and weights of all combinations of neighbours.
struct Neighbours {
  int count;
  int64_t offset[8];
  float weight[8];

  STRIATE_INLINE void start() {
    count = 1;
    offset[0] = 0;
    weight[0] = 1;
  }
  STRIATE_INLINE void add(const ResizePoint& point) {
    const int before = count;
    if (point.weight > 0) count *= 2;
    // back to front, so that pairs can be written in place
    for (int i = before - 1; i >= 0; --i) {
      if (point.weight > 0) {
        offset[2 * i + 1] = offset[i] + point.above;
        weight[2 * i + 1] = weight[i] * point.weight;
        offset[2 * i] = offset[i] + point.below;
        weight[2 * i] = weight[i] * (1 - point.weight);
      } else {
        offset[i] += point.below;
      }
    }
  }
};

STRIATE_INLINE void along_channels(const ResizePlan& plan, const Neighbours& near, const float* src,
                                   float* dst, int64_t n) {
  constexpr int L = Vec::kLanes;
  const bool dense = plan.src_lane_stride == 1 && plan.dst_lane_stride == 1;
  for (int64_t i = 0; i < n; i += L) {
    const int k = n - i < L ? static_cast<int>(n - i) : L;
    Vec sum = Vec::zero();
    for (int j = 0; j < near.count; ++j) {
      const float* p = src + near.offset[j] + i * plan.src_lane_stride;
      const Vec x = dense ? Vec::load(p, k) : load_strided(p, plan.src_lane_stride, k);
      const Vec w = Vec::set1(near.weight[j]);
      sum = j == 0 ? w * x : fma(w, x, sum);
    }
    float* to = dst + i * plan.dst_lane_stride;
    if (dense)
      sum.store(to, k);
    else
      store_strided(sum, to, plan.dst_lane_stride, k);
  }
}

STRIATE_INLINE void along_points(const ResizePlan& plan, const Neighbours& near,
                                 const ResizePoint* points, const float* src, float* dst,
                                 int64_t n) {
  constexpr int L = Vec::kLanes;
  for (int64_t i = 0; i < n; i += L) {
    const int k = n - i < L ? static_cast<int>(n - i) : L;
    alignas(64) float upper_weight[L] = {}, below[L] = {}, above[L] = {};
    for (int l = 0; l < k; ++l) upper_weight[l] = points[i + l].weight;
    const Vec t = Vec::load(upper_weight);
    const Vec one = Vec::set1(1.0f);
    Vec sum = Vec::zero();
    for (int j = 0; j < near.count; ++j) {
      const float* p = src + near.offset[j];
      for (int l = 0; l < k; ++l) {
        below[l] = p[points[i + l].below];
        above[l] = points[i + l].weight > 0 ? p[points[i + l].above] : 0;
      }
      const Vec x = fma(t, Vec::load(above), (one - t) * Vec::load(below));
      const Vec w = Vec::set1(near.weight[j]);
      sum = j == 0 ? w * x : fma(w, x, sum);
    }
    float* to = dst + i * plan.dst_lane_stride;
    if (plan.dst_lane_stride == 1)
      sum.store(to, k);
    else
      store_strided(sum, to, plan.dst_lane_stride, k);
  }
}

}  // namespace

void resize_linear(const ResizePlan& plan, const float* src, float* dst, int64_t first,
                   int64_t last) {
  int64_t unit = first * plan.units_per_tile;
  const int64_t end =
      last * plan.units_per_tile < plan.units ? last * plan.units_per_tile : plan.units;
  int64_t block = unit % plan.blocks;
  int64_t index[STRIATE_MAX_RANK];
  int64_t line = unit / plan.blocks;
  for (int d = plan.rank - 1; d >= 0; --d) {
    index[d] = line % plan.dims[d];
    line /= plan.dims[d];
  }
  for (; unit < end; ++unit) {
    const ResizePoint* at[kMaxResizeAxes] = {plan.points[0], plan.points[1], plan.points[2]};
    int64_t src_offset = 0, dst_offset = 0;
    for (int d = 0; d < plan.rank; ++d) {
      if (plan.axis[d] >= 0)
        at[plan.axis[d]] += index[d];
      else
        src_offset += index[d] * plan.src_strides[d];
      dst_offset += index[d] * plan.dst_strides[d];
    }
    Neighbours near;
    near.start();
    for (int a = 0; a < kMaxResizeAxes; ++a)
      if (a != plan.points_lane) near.add(*at[a]);
    const int64_t begin = block * plan.block;
    const int64_t n = plan.lanes - begin < plan.block ? plan.lanes - begin : plan.block;
    float* to = dst + dst_offset + begin * plan.dst_lane_stride;
    if (plan.points_lane >= 0)
      along_points(plan, near, plan.points[plan.points_lane] + begin, src + src_offset, to, n);
    else
      along_channels(plan, near, src + src_offset + begin * plan.src_lane_stride, to, n);
    if (++block < plan.blocks) continue;
    block = 0;
    for (int d = plan.rank - 1; d >= 0; --d) {
      if (++index[d] < plan.dims[d]) break;
      index[d] = 0;
    }
  }
}

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_RESIZE_RESIZE_SIMD_H
