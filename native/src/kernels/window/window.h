// The window engine: pooling and local response normalisation, any layout.
//
// An output element is a fold over the taps of its window, along up to three axes of the tensor
// (pooling: the spatial ones; LRN: the channels or H and W). Tables made at create hold, for every
// output index of such an axis, which taps lie inside the input and where the first of them is.
//
// Lanes: one dimension of dst is the vector dimension. Channels-last takes C, so all lanes of a
// pixel share one window; a row-major tensor takes W, cut into segments within which all lanes
// have the same taps. Lines (everything but the lane dimension) are independent.
#ifndef STRIATE_KERNELS_WINDOW_WINDOW_H
#define STRIATE_KERNELS_WINDOW_WINDOW_H

#include <stdint.h>

#include <string>
#include <vector>

#include "base/tensor.h"

namespace striate {

constexpr int kMaxWindowAxes = 3;

enum class WindowFold : int32_t {
  kMax,
  kAverage,   // sum / divisor
  kL1,        // sum |x|
  kL2,        // sqrt(sum x^2)
  kLp,        // (sum |x|^p)^(1/p), in double
  kWeighted,  // sum w*x / sum w
  kLrn,       // centre / (k + factor * sum x^2)^beta
};

// The window of one output index along one axis.
struct WindowTaps {
  int64_t offset;   // elements from the base of src to the first tap inside
  int64_t centre;   // elements from the first tap inside to the centre (LRN)
  int64_t first;    // the first tap inside
  int64_t count;    // taps inside
  int64_t divisor;  // what this axis contributes to the divisor of an average
  int64_t same;     // output indices from here on, this one included, that differ in offset only
};

// Lanes [begin, begin + count) of a line; they share `taps`, whose offset is that of lane `begin`.
struct WindowSegment {
  int64_t begin;
  int64_t count;
  WindowTaps taps;
};

// Plain data with pointers into WindowTables: what kernel code sees.
struct WindowPlan {
  WindowFold fold;
  int32_t lane_axis;  // the axis that the lanes run along, or -1
  float p, k, factor, beta;
  int64_t kernel[kMaxWindowAxes];      // axes that are not used come first: one tap of stride 0
  int64_t tap_stride[kMaxWindowAxes];  // elements of src
  const WindowTaps* taps[kMaxWindowAxes];

  int32_t rank;  // dimensions outside the line, slowest first
  int32_t axis[STRIATE_MAX_RANK];
  int64_t dims[STRIATE_MAX_RANK];
  int64_t src_strides[STRIATE_MAX_RANK];  // of dimensions that are no axis
  int64_t dst_strides[STRIATE_MAX_RANK];
  int64_t src_lane_stride;
  int64_t dst_lane_stride;
  const WindowSegment* segments;
  int32_t segment_count;

  int64_t block, blocks;  // lanes of a unit of work; units per line, 1 where lane_axis >= 0
  int64_t units, units_per_tile, tiles;
};

// One axis of the window, for make_window_plan.
struct WindowAxis {
  int dimension;
  int64_t kernel, stride, dilation, pad_begin, pad_end;
  bool count_padding;  // whether the divisor counts taps in the padding
};

// Owns what a plan points to.
class WindowTables {
 public:
  // A window without a tap inside the input folds nothing: -infinity, 0, or 0/0.
  WindowTables(const Tensor& src, const Tensor& dst, const std::vector<WindowAxis>& axes,
               WindowFold fold, int threads, int64_t cost);
  WindowPlan& plan() { return plan_; }
  const WindowPlan& plan() const { return plan_; }
  int64_t bytes() const;

 private:
  void fill_taps(const Tensor& src, const Tensor& dst, const WindowAxis& axis, int number);
  void fill_segments(const Tensor& dst, int lane);

  WindowPlan plan_{};
  std::vector<WindowTaps> taps_[kMaxWindowAxes];
  std::vector<WindowSegment> segments_;
};

// The dimension that make_window_plan takes for the lanes.
int window_lane_dimension(const Tensor& src, const Tensor& dst,
                          const std::vector<WindowAxis>& axes);

// src[0]: x, src[1]: window weights where the fold is kWeighted.
using WindowFunction = void (*)(const WindowPlan& plan, const float* const* src, float* dst,
                                int64_t first, int64_t last);
struct WindowFunctions {
  WindowFunction fold[7];  // by WindowFold
};

namespace avx512 {
extern const WindowFunctions window_functions;
}
namespace avx2 {
extern const WindowFunctions window_functions;
}
namespace portable {
extern const WindowFunctions window_functions;
}

}  // namespace striate

#endif  // STRIATE_KERNELS_WINDOW_WINDOW_H
