// Source coordinates and the plan of a linear resize.
#include <math.h>

#include <algorithm>

#include "base/checked.h"
#include "kernels/resize/resize.h"
#include "kernels/strided/strided.h"

namespace striate {
namespace {

// In f32, as ONNX Runtime does: an index times a rounded scale then rounds back to the integer that
// was meant. Rounding modes see the f32 coordinate exactly.
float coordinate(striate_resize_coordinates rule, int64_t o, float scale, int64_t in, int64_t out) {
  const float index = static_cast<float>(o);
  switch (rule) {
    case STRIATE_RESIZE_ALIGN_CORNERS:
      return out > 1 ? static_cast<float>(static_cast<double>(o) * static_cast<double>(in - 1) /
                                          static_cast<double>(out - 1))
                     : 0;
    case STRIATE_RESIZE_ASYMMETRIC:
      return index / scale;
    case STRIATE_RESIZE_PYTORCH_HALF_PIXEL:
      return out > 1 ? (index + 0.5f) / scale - 0.5f : 0;
    default:
      return (index + 0.5f) / scale - 0.5f;
  }
}

double rounded(striate_resize_nearest rule, double at) {
  switch (rule) {
    case STRIATE_RESIZE_ROUND_PREFER_FLOOR:
      return ceil(at - 0.5);
    case STRIATE_RESIZE_ROUND_PREFER_CEIL:
      return floor(at + 0.5);
    case STRIATE_RESIZE_FLOOR:
      return floor(at);
    default:
      return ceil(at);
  }
}

int64_t magnitude(int64_t stride) { return stride < 0 ? -stride : stride; }

}  // namespace

std::vector<ResizePoint> resize_points(const striate_resize_params& params, const Tensor& src,
                                       const Tensor& dst, int d) {
  const int64_t in = src.dims[d], out = dst.dims[d];
  std::vector<ResizePoint> points;
  points.reserve(static_cast<size_t>(out));
  for (int64_t o = 0; o < out; ++o) {
    const float at = coordinate(params.coordinates, o, params.scales[d], in, out);
    ResizePoint point{};
    if (params.mode == STRIATE_RESIZE_NEAREST) {
      const double index = rounded(params.nearest, static_cast<double>(at));
      point.below = point.above =
          static_cast<int64_t>(std::clamp(index, 0.0, static_cast<double>(in - 1)));
    } else {
      const float clamped = std::clamp(at, 0.0f, static_cast<float>(in - 1));
      point.below = std::min(static_cast<int64_t>(clamped), in - 1);
      point.above = std::min(point.below + 1, in - 1);
      point.weight = clamped - static_cast<float>(point.below);
    }
    points.push_back(point);
  }
  return points;
}

int resize_lane_dimension(const Tensor& src, const Tensor& dst) {
  // Channels (or images) that are adjacent; else the fastest dimension of dst if it is the last.
  for (int d = 1; d >= 0; --d)
    if (dst.dims[d] > 1 && dst.strides[d] == 1 && src.strides[d] == 1) return d;
  return dst.dims[dst.rank - 1] > 1 ? dst.rank - 1 : 1;
}

ResizeTables::ResizeTables(const Tensor& src, const Tensor& dst,
                           std::vector<std::vector<ResizePoint>> points, int threads)
    : points_(std::move(points)) {
  for (size_t a = 0; a < points_.size(); ++a) {
    const int64_t stride = stride_or(src, static_cast<int>(a) + 2, 0);
    for (ResizePoint& point : points_[a]) {
      point.below *= stride;
      point.above *= stride;
    }
  }
  while (points_.size() < kMaxResizeAxes) points_.push_back({ResizePoint{0, 0, 0}});
  for (int a = 0; a < kMaxResizeAxes; ++a) plan_.points[a] = points_[static_cast<size_t>(a)].data();
  const int lane = resize_lane_dimension(src, dst);
  plan_.points_lane = lane >= 2 ? lane - 2 : -1;
  plan_.lanes = dst.dims[lane];
  plan_.src_lane_stride = stride_or(src, lane, 1);
  plan_.dst_lane_stride = stride_or(dst, lane, 1);
  std::vector<int> order;
  for (int d = 0; d < dst.rank; ++d)
    if (d != lane && dst.dims[d] > 1) order.push_back(d);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return magnitude(dst.strides[a]) > magnitude(dst.strides[b]);
  });
  int64_t lines = 1;
  for (int d : order) {
    const int i = plan_.rank++;
    plan_.axis[i] = d >= 2 ? d - 2 : -1;
    plan_.dims[i] = dst.dims[d];
    plan_.src_strides[i] = d >= 2 ? 0 : src.strides[d];
    plan_.dst_strides[i] = dst.strides[d];
    lines *= dst.dims[d];
  }
  const int64_t wanted = tile_elements(lines * plan_.lanes, threads) / 4;  // 4 reads per element
  plan_.block = std::min(plan_.lanes, round_up(wanted, 64));
  plan_.blocks = ceil_div(plan_.lanes, plan_.block);
  plan_.units = lines * plan_.blocks;
  plan_.units_per_tile = std::max<int64_t>(1, wanted / plan_.block);
  plan_.tiles = ceil_div(plan_.units, plan_.units_per_tile);
}

int64_t ResizeTables::bytes() const {
  int64_t total = 0;
  for (const auto& points : points_)
    total += static_cast<int64_t>(points.size() * sizeof(ResizePoint));
  return total;
}

}  // namespace striate
