#include "kernels/strided/strided.h"

#include <algorithm>

#include "base/checked.h"

namespace striate {
namespace {

constexpr int64_t kTileElements = 8192;
constexpr int64_t kLeastElements = 1024;
constexpr int64_t kMostTiles = 1 << 20;
constexpr int64_t kBlockUnit = 64;  // blocks of a long line start on multiples of this many lanes

struct Dimension {
  int64_t size;
  int64_t stride[StridedLoop::kMaxOperands];
};

int64_t magnitude(int64_t stride) { return stride < 0 ? -stride : stride; }

bool mergeable(const Dimension& outer, const Dimension& inner, int operands) {
  for (int k = 0; k < operands; ++k)
    if (outer.stride[k] != inner.stride[k] * inner.size) return false;
  return true;
}

}  // namespace

int64_t tile_elements(int64_t elements, int threads) {
  const int64_t share = ceil_div(elements, int64_t{4} * threads);
  const int64_t wanted = std::min(std::max(share, kLeastElements), kTileElements);
  return std::max(wanted, elements / kMostTiles);
}

StridedLoop make_strided_loop(const Tensor& dst, const Tensor* const* srcs, int src_count,
                              int channel_operands, int threads) {
  StridedLoop loop{};
  loop.operands = src_count + 1;
  Dimension dimensions[STRIATE_MAX_RANK];
  int rank = 0;
  for (int d = 0; d < dst.rank; ++d) {
    if (dst.dims[d] == 1) continue;
    Dimension& dimension = dimensions[rank++];
    dimension.size = dst.dims[d];
    dimension.stride[0] = dst.strides[d];
    for (int k = 0; k < src_count; ++k) {
      const Tensor& src = *srcs[k];
      if (k < channel_operands)
        dimension.stride[k + 1] = stride_or(src, d, 0);
      else
        dimension.stride[k + 1] = d == 1 ? stride_or(src, 0, 0) : 0;
    }
  }
  std::stable_sort(dimensions, dimensions + rank, [](const Dimension& a, const Dimension& b) {
    return magnitude(a.stride[0]) > magnitude(b.stride[0]);
  });
  int kept = 0;
  for (int d = 0; d < rank; ++d) {
    if (kept > 0 && mergeable(dimensions[kept - 1], dimensions[d], loop.operands)) {
      dimensions[d].size *= dimensions[kept - 1].size;
      --kept;
    }
    dimensions[kept++] = dimensions[d];
  }

  loop.lanes = 1;
  for (int k = 0; k < loop.operands; ++k) loop.lane_stride[k] = 1;
  if (kept > 0) {
    const Dimension& line = dimensions[--kept];
    loop.lanes = line.size;
    for (int k = 0; k < loop.operands; ++k) loop.lane_stride[k] = line.stride[k];
  }
  loop.rank = kept;
  loop.lines = 1;
  for (int d = 0; d < kept; ++d) {
    loop.dims[d] = dimensions[d].size;
    loop.lines *= dimensions[d].size;
    for (int k = 0; k < loop.operands; ++k) loop.strides[k][d] = dimensions[d].stride[k];
  }

  const int64_t wanted = tile_elements(loop.lines * loop.lanes, threads);
  loop.block = loop.lanes;
  loop.units_per_tile = std::max<int64_t>(1, wanted / loop.lanes);
  if (loop.lanes > wanted) loop.block = std::min(loop.lanes, round_up(wanted, kBlockUnit));
  loop.blocks = ceil_div(loop.lanes, loop.block);
  loop.units = loop.lines * loop.blocks;
  loop.tiles = ceil_div(loop.units, loop.units_per_tile);
  return loop;
}

bool is_contiguous(const StridedLoop& loop) {
  if (loop.lane_stride[0] != 1) return false;
  for (int k = 1; k < loop.operands; ++k)
    if (loop.lane_stride[k] != 1 && loop.lane_stride[k] != 0) return false;
  return true;
}

}  // namespace striate
