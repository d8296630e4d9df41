// Local response normalisation across the adjacent channels of a channels-last tensor.
#ifndef STRIATE_KERNELS_LRN_LRN_H
#define STRIATE_KERNELS_LRN_LRN_H

#include "kernels/strided/strided.h"

namespace striate {

struct LrnPlan {
  StridedLoop pixels;  // one element per pixel
  int64_t channels;
  int64_t pixels_per_tile, tiles;
  int64_t before;  // channels of the window below its centre
  int64_t size;
  float factor;  // alpha / size
  float k, beta;
};

// Elements of scratch that each concurrent call needs.
int64_t lrn_scratch_elements(const LrnPlan& plan);

using LrnFunction = void (*)(const LrnPlan& plan, const float* src, float* dst, int64_t first,
                             int64_t last, float* scratch);

namespace avx512 {
void lrn_channels(const LrnPlan& plan, const float* src, float* dst, int64_t first, int64_t last,
                  float* scratch);
}
namespace avx2 {
void lrn_channels(const LrnPlan& plan, const float* src, float* dst, int64_t first, int64_t last,
                  float* scratch);
}
namespace portable {
void lrn_channels(const LrnPlan& plan, const float* src, float* dst, int64_t first, int64_t last,
                  float* scratch);
}

}  // namespace striate

#endif  // STRIATE_KERNELS_LRN_LRN_H
