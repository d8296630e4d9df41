// The gather engine's kernel; see gather.h. A segment of a line is a vector copy, a fill, or, with
// a step other than 1 and 0, a loop over elements. Memory speed where channels are adjacent.
#ifndef STRIATE_KERNELS_GATHER_GATHER_SIMD_H
#define STRIATE_KERNELS_GATHER_GATHER_SIMD_H

#include "base/simd.h"
#include "kernels/gather/gather.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

STRIATE_INLINE void fill_lanes(float value, float* dst, int64_t n) {
  constexpr int L = Vec::kLanes;
  const Vec v = Vec::set1(value);
  for (int64_t i = 0; i < n; i += L) v.store(dst + i, n - i < L ? static_cast<int>(n - i) : L);
}

STRIATE_INLINE void copy_lanes(const float* src, float* dst, int64_t n) {
  constexpr int L = Vec::kLanes;
  int64_t i = 0;
  for (; i + L <= n; i += L) Vec::load(src + i).store(dst + i);
  if (i < n) Vec::load(src + i, static_cast<int>(n - i)).store(dst + i, static_cast<int>(n - i));
}

}  // namespace

void gather_lines(const GatherPlan& plan, const float* src, float* dst, int64_t first,
                  int64_t last) {
  int64_t unit = first * plan.units_per_tile;
  const int64_t end =
      last * plan.units_per_tile < plan.units ? last * plan.units_per_tile : plan.units;
  int64_t at = unit % plan.segment_count;
  int64_t index[STRIATE_MAX_RANK];
  int64_t line = unit / plan.segment_count;
  for (int d = plan.rank - 1; d >= 0; --d) {
    index[d] = line % plan.dims[d];
    line /= plan.dims[d];
  }
  while (unit < end) {
    int64_t src_offset = 0, dst_offset = 0;
    bool outside = false;
    for (int d = 0; d < plan.rank; ++d) {
      const int64_t offset = plan.offsets[d][index[d]];
      if (offset == kOutside)
        outside = true;
      else
        src_offset += offset;
      dst_offset += index[d] * plan.dst_strides[d];
    }
    for (; at < plan.segment_count && unit < end; ++at, ++unit) {
      const GatherSegment& segment = plan.segments[at];
      float* to = dst + dst_offset + segment.begin * plan.dst_lane_stride;
      const bool constant = outside || segment.offset == kOutside;
      const bool dense = plan.dst_lane_stride == 1;
      if (dense && (constant || segment.step == 0)) {
        fill_lanes(constant ? plan.value : src[src_offset + segment.offset], to, segment.count);
      } else if (dense && segment.step == 1) {
        copy_lanes(src + src_offset + segment.offset, to, segment.count);
      } else {
        for (int64_t i = 0; i < segment.count; ++i)
          to[i * plan.dst_lane_stride] =
              constant ? plan.value : src[src_offset + segment.offset + i * segment.step];
      }
    }
    if (at < plan.segment_count) return;
    at = 0;
    for (int d = plan.rank - 1; d >= 0; --d) {
      if (++index[d] < plan.dims[d]) break;
      index[d] = 0;
    }
  }
}

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_GATHER_GATHER_SIMD_H
