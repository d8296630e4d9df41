// RESIZE: source coordinates, and the linear kernel. Nearest runs on the gather engine.
#ifndef STRIATE_KERNELS_RESIZE_RESIZE_H
#define STRIATE_KERNELS_RESIZE_RESIZE_H

#include <stdint.h>

#include <vector>

#include "base/tensor.h"

namespace striate {

constexpr int kMaxResizeAxes = 3;

// Where an output index of one axis comes from: two neighbours, and the weight of the upper one.
struct ResizePoint {
  int64_t below, above;  // source index; times the stride in a plan
  float weight;          // 0: above is not read
};

// Plain data with pointers into ResizeTables: what kernel code sees.
struct ResizePlan {
  int32_t rank;                    // dimensions outside the line, slowest first
  int32_t points_lane;             // the axis number whose points the lanes are, or -1
  int32_t axis[STRIATE_MAX_RANK];  // axis number or -1
  int64_t dims[STRIATE_MAX_RANK];
  int64_t src_strides[STRIATE_MAX_RANK];  // of dimensions that are no axis
  int64_t dst_strides[STRIATE_MAX_RANK];
  int64_t lanes, src_lane_stride, dst_lane_stride;
  const ResizePoint* points[kMaxResizeAxes];  // in elements of src
  int64_t block, blocks, units, units_per_tile, tiles;
};

class ResizeTables {
 public:
  // points[a]: of dimension a + 2.
  ResizeTables(const Tensor& src, const Tensor& dst, std::vector<std::vector<ResizePoint>> points,
               int threads);
  const ResizePlan& plan() const { return plan_; }
  int64_t bytes() const;

 private:
  ResizePlan plan_{};
  std::vector<std::vector<ResizePoint>> points_;
};

// The dimension that the lanes of a linear resize run along.
int resize_lane_dimension(const Tensor& src, const Tensor& dst);

// The source points of every output index along dimension d >= 2; in NEAREST mode weights are 0.
std::vector<ResizePoint> resize_points(const striate_resize_params& params, const Tensor& src,
                                       const Tensor& dst, int d);

using ResizeFunction = void (*)(const ResizePlan& plan, const float* src, float* dst, int64_t first,
                                int64_t last);

namespace avx512 {
void resize_linear(const ResizePlan& plan, const float* src, float* dst, int64_t first,
                   int64_t last);
}
namespace avx2 {
void resize_linear(const ResizePlan& plan, const float* src, float* dst, int64_t first,
                   int64_t last);
}
namespace portable {
void resize_linear(const ResizePlan& plan, const float* src, float* dst, int64_t first,
                   int64_t last);
}

}  // namespace striate

#endif  // STRIATE_KERNELS_RESIZE_RESIZE_H
