#include "kernels/window/window.h"

#include <algorithm>

#include "base/checked.h"
#include "kernels/strided/strided.h"

namespace striate {
namespace {

bool is_axis(const std::vector<WindowAxis>& axes, int dimension) {
  for (const WindowAxis& axis : axes)
    if (axis.dimension == dimension) return true;
  return false;
}

bool same_taps(const WindowTaps& a, const WindowTaps& b) {
  return a.first == b.first && a.count == b.count && a.divisor == b.divisor && a.centre == b.centre;
}

int64_t magnitude(int64_t stride) { return stride < 0 ? -stride : stride; }

}  // namespace

int window_lane_dimension(const Tensor& src, const Tensor& dst,
                          const std::vector<WindowAxis>& axes) {
  // A contiguous dimension without window is best, then any contiguous dimension of dst, then the
  // longest. One element is no vector.
  int best = -1, best_rank = -1;
  for (int d = 0; d < dst.rank; ++d) {
    if (dst.dims[d] == 1 && best >= 0) continue;
    const bool contiguous = stride_or(dst, d, 0) == 1;
    const bool both = contiguous && stride_or(src, d, 0) == 1;
    const int rank = both && !is_axis(axes, d) ? 4 : contiguous ? 3 : dst.dims[d] > 1 ? 1 : 0;
    if (rank > best_rank || (rank == best_rank && dst.dims[d] > dst.dims[best])) {
      best = d;
      best_rank = rank;
    }
  }
  return best;
}

WindowTables::WindowTables(const Tensor& src, const Tensor& dst,
                           const std::vector<WindowAxis>& axes, WindowFold fold, int threads,
                           int64_t cost) {
  plan_.fold = fold;
  plan_.lane_axis = -1;
  const int lane = window_lane_dimension(src, dst, axes);
  const int unused = kMaxWindowAxes - static_cast<int>(axes.size());
  for (int a = 0; a < kMaxWindowAxes; ++a) {
    if (a < unused) {
      taps_[a].push_back(WindowTaps{0, 0, 0, 1, 1, 1});
      plan_.kernel[a] = 1;
    } else {
      const WindowAxis& axis = axes[static_cast<size_t>(a - unused)];
      if (axis.dimension == lane) plan_.lane_axis = a;
      fill_taps(src, dst, axis, a);
    }
    plan_.taps[a] = taps_[a].data();
  }
  fill_segments(dst, lane);

  std::vector<int> order;
  for (int d = 0; d < dst.rank; ++d)
    if (d != lane && dst.dims[d] > 1) order.push_back(d);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return magnitude(dst.strides[a]) > magnitude(dst.strides[b]);
  });
  int64_t lines = 1;
  for (int d : order) {
    const int i = plan_.rank++;
    plan_.axis[i] = -1;
    for (size_t a = 0; a < axes.size(); ++a)
      if (axes[a].dimension == d) plan_.axis[i] = unused + static_cast<int32_t>(a);
    plan_.dims[i] = dst.dims[d];
    plan_.src_strides[i] = plan_.axis[i] < 0 ? src.strides[d] : 0;
    plan_.dst_strides[i] = dst.strides[d];
    lines *= dst.dims[d];
  }

  plan_.dst_lane_stride = stride_or(dst, lane, 1);
  plan_.src_lane_stride = stride_or(src, lane, 1);
  if (plan_.lane_axis >= 0)
    plan_.src_lane_stride =
        dst.dims[lane] == 1
            ? 1
            : axes[static_cast<size_t>(plan_.lane_axis - unused)].stride * stride_or(src, lane, 0);
  const int64_t lanes = dst.dims[lane];
  const int64_t wanted = std::max<int64_t>(
      64, tile_elements(checked_mul(lines * lanes, cost, "the work of a window"), threads) / cost);
  plan_.block = lanes;
  if (plan_.lane_axis < 0 && lanes > wanted) plan_.block = std::min(lanes, round_up(wanted, 64));
  plan_.blocks = ceil_div(lanes, plan_.block);
  plan_.units = lines * plan_.blocks;
  plan_.units_per_tile = std::max<int64_t>(1, wanted / plan_.block);
  plan_.tiles = ceil_div(plan_.units, plan_.units_per_tile);
}

void WindowTables::fill_taps(const Tensor& src, const Tensor& dst, const WindowAxis& axis,
                             int number) {
  const int64_t in = src.dims[axis.dimension];
  const int64_t out = dst.dims[axis.dimension];
  const int64_t stride = stride_or(src, axis.dimension, 0);
  plan_.kernel[number] = axis.kernel;
  plan_.tap_stride[number] = axis.dilation * stride;
  taps_[number].reserve(static_cast<size_t>(out));
  for (int64_t o = 0; o < out; ++o) {
    const int64_t start = o * axis.stride - axis.pad_begin;
    const int64_t first = start >= 0 ? 0 : ceil_div(-start, axis.dilation);
    const int64_t end =
        std::min(axis.kernel, start >= in ? 0 : ceil_div(in - start, axis.dilation));
    const int64_t padded = in + axis.pad_end - start;  // up to the end of the padding
    const int64_t counted = axis.count_padding
                                ? std::min(axis.kernel, ceil_div(padded, axis.dilation))
                                : std::max<int64_t>(0, end - first);
    if (first >= end) {  // dilation can step over a short input
      taps_[number].push_back(WindowTaps{0, 0, 0, 0, counted, 1});
      continue;
    }
    const int64_t at = start + first * axis.dilation;
    taps_[number].push_back(
        WindowTaps{at * stride, (o * axis.stride - at) * stride, first, end - first, counted, 1});
  }
  for (int64_t o = out - 2; o >= 0; --o) {
    WindowTaps& t = taps_[number][static_cast<size_t>(o)];
    const WindowTaps& next = taps_[number][static_cast<size_t>(o) + 1];
    if (same_taps(t, next)) t.same = next.same + 1;
  }
}

void WindowTables::fill_segments(const Tensor& dst, int lane) {
  if (plan_.lane_axis < 0) {
    segments_.push_back(WindowSegment{0, dst.dims[lane], WindowTaps{0, 0, 0, 1, 1, 1}});
  } else {
    const std::vector<WindowTaps>& taps = taps_[plan_.lane_axis];
    for (size_t o = 0; o < taps.size(); ++o) {
      const WindowTaps& t = taps[o];
      if (!segments_.empty()) {
        const WindowTaps& s = segments_.back().taps;
        if (same_taps(s, t)) {
          ++segments_.back().count;
          continue;
        }
      }
      segments_.push_back(WindowSegment{static_cast<int64_t>(o), 1, t});
    }
  }
  plan_.segments = segments_.data();
  plan_.segment_count = static_cast<int32_t>(segments_.size());
}

int64_t WindowTables::bytes() const {
  int64_t total = static_cast<int64_t>(segments_.size() * sizeof(WindowSegment));
  for (const auto& taps : taps_) total += static_cast<int64_t>(taps.size() * sizeof(WindowTaps));
  return total;
}

}  // namespace striate
