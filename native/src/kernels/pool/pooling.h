// What is made of squares of 2x2 neighbouring outputs of a convolution: pool_2x2_simd.h.
#ifndef STRIATE_KERNELS_POOL_POOLING_H
#define STRIATE_KERNELS_POOL_POOLING_H

#include <stdint.h>

namespace striate {

enum class Pooling : int32_t { kNone, kMax, kAverage };

}  // namespace striate

#endif  // STRIATE_KERNELS_POOL_POOLING_H
