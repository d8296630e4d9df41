// The gather engine: PAD and nearest RESIZE. Along every dimension a table says which source index
// an output index comes from, or that it lies outside and takes a constant.
#ifndef STRIATE_KERNELS_GATHER_GATHER_H
#define STRIATE_KERNELS_GATHER_GATHER_H

#include <stdint.h>

#include <vector>

#include "base/tensor.h"

namespace striate {

constexpr int64_t kOutside = INT64_MIN;

// Lanes [begin, begin + count) of a line come from src elements `step` apart, or are outside.
struct GatherSegment {
  int64_t begin, count;
  int64_t offset;  // of the first, or kOutside
  int64_t step;
};

// Plain data with pointers into GatherTables: what kernel code sees.
struct GatherPlan {
  int32_t rank;  // dimensions outside the line, slowest first
  int32_t segment_count;
  int64_t dims[STRIATE_MAX_RANK];
  int64_t dst_strides[STRIATE_MAX_RANK];
  const int64_t* offsets[STRIATE_MAX_RANK];  // of src, by output index, or kOutside
  int64_t dst_lane_stride;
  const GatherSegment* segments;
  int64_t units, units_per_tile, tiles;  // a unit is a segment of a line
  float value;
};

class GatherTables {
 public:
  // source[d][i]: the source index of output index i along dimension d, or kOutside.
  GatherTables(const Tensor& src, const Tensor& dst,
               const std::vector<std::vector<int64_t>>& source, float value, int threads);
  const GatherPlan& plan() const { return plan_; }
  int64_t bytes() const;

 private:
  void fill_segments(const std::vector<int64_t>& offsets);

  GatherPlan plan_{};
  std::vector<std::vector<int64_t>> offsets_;
  std::vector<GatherSegment> segments_;
};

using GatherFunction = void (*)(const GatherPlan& plan, const float* src, float* dst, int64_t first,
                                int64_t last);

namespace avx512 {
void gather_lines(const GatherPlan& plan, const float* src, float* dst, int64_t first,
                  int64_t last);
}
namespace avx2 {
void gather_lines(const GatherPlan& plan, const float* src, float* dst, int64_t first,
                  int64_t last);
}
namespace portable {
void gather_lines(const GatherPlan& plan, const float* src, float* dst, int64_t first,
                  int64_t last);
}

}  // namespace striate

#endif  // STRIATE_KERNELS_GATHER_GATHER_H
