#include "kernels/gather/gather.h"

#include <algorithm>

#include "base/checked.h"
#include "kernels/strided/strided.h"

namespace striate {
namespace {

constexpr int64_t kLongest = 4096;  // lanes of a segment, so that a long line has many units

}  // namespace

GatherTables::GatherTables(const Tensor& src, const Tensor& dst,
                           const std::vector<std::vector<int64_t>>& source, float value,
                           int threads) {
  plan_.value = value;
  auto magnitude = [&](int d) { return dst.strides[d] < 0 ? -dst.strides[d] : dst.strides[d]; };
  std::vector<int> order;
  for (int d = 0; d < dst.rank; ++d) order.push_back(d);
  // the fastest dimension of dst last; dimensions of one element first
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    if ((dst.dims[a] == 1) != (dst.dims[b] == 1)) return dst.dims[a] == 1;
    return dst.dims[a] > 1 && magnitude(a) > magnitude(b);
  });
  int64_t lines = 1;
  for (int d : order) {
    std::vector<int64_t> offsets = source[static_cast<size_t>(d)];
    for (int64_t& offset : offsets)
      if (offset != kOutside) offset *= stride_or(src, d, 0);
    if (d == order.back()) {
      plan_.dst_lane_stride = stride_or(dst, d, 1);
      fill_segments(offsets);
      break;
    }
    offsets_.push_back(std::move(offsets));
    plan_.dims[plan_.rank] = dst.dims[d];
    plan_.dst_strides[plan_.rank] = stride_or(dst, d, 0);
    plan_.offsets[plan_.rank++] = offsets_.back().data();
    lines *= dst.dims[d];
  }
  plan_.segments = segments_.data();
  plan_.segment_count = static_cast<int32_t>(segments_.size());
  plan_.units = lines * plan_.segment_count;
  const int64_t elements = element_count(dst);
  const int64_t per_unit = std::max<int64_t>(1, elements / plan_.units);
  plan_.units_per_tile = std::max<int64_t>(1, tile_elements(elements, threads) / per_unit);
  plan_.tiles = ceil_div(plan_.units, plan_.units_per_tile);
}

void GatherTables::fill_segments(const std::vector<int64_t>& offsets) {
  const int64_t n = static_cast<int64_t>(offsets.size());
  for (int64_t i = 0; i < n;) {
    GatherSegment segment{i, 1, offsets[static_cast<size_t>(i)], 0};
    auto at = [&](int64_t j) { return offsets[static_cast<size_t>(j)]; };
    const bool outside = segment.offset == kOutside;
    if (!outside && i + 1 < n && at(i + 1) != kOutside) segment.step = at(i + 1) - at(i);
    while (i + segment.count < n && segment.count < kLongest) {
      const int64_t next = at(i + segment.count);
      if (outside ? next != kOutside
                  : next == kOutside || next != segment.offset + segment.count * segment.step)
        break;
      ++segment.count;
    }
    segments_.push_back(segment);
    i += segment.count;
  }
}

int64_t GatherTables::bytes() const {
  int64_t total = static_cast<int64_t>(segments_.size() * sizeof(GatherSegment));
  for (const auto& offsets : offsets_) total += static_cast<int64_t>(offsets.size() * 8);
  return total;
}

}  // namespace striate
