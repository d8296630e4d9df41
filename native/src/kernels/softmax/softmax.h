// SOFTMAX over one axis, and its logarithm.
#ifndef STRIATE_KERNELS_SOFTMAX_SOFTMAX_H
#define STRIATE_KERNELS_SOFTMAX_SOFTMAX_H

#include "kernels/strided/strided.h"

namespace striate {

struct SoftmaxPlan {
  StridedLoop loop;  // the dimensions other than the axis: dst, src
  int64_t axis;      // its length
  int64_t dst_stride, src_stride;
  bool log;
};

using SoftmaxFunction = void (*)(const SoftmaxPlan& plan, const float* src, float* dst,
                                 int64_t first, int64_t last);

struct SoftmaxFunctions {
  SoftmaxFunction rows;   // the axis is contiguous: vectors run along it
  SoftmaxFunction lanes;  // vectors run along another dimension, of any stride
};

namespace avx512 {
extern const SoftmaxFunctions softmax_functions;
}
namespace avx2 {
extern const SoftmaxFunctions softmax_functions;
}
namespace portable {
extern const SoftmaxFunctions softmax_functions;
}

}  // namespace striate

#endif  // STRIATE_KERNELS_SOFTMAX_SOFTMAX_H
