// The maximum or average of a square of 2x2 values in registers, bit by bit what the window engine
// (window_small_simd.h) makes of them in memory (conv_pool_test compares). What pooling in a
// convolution's epilogue saves is the store between the two: `striate bench --steps` shows the
// fused step.
#ifndef STRIATE_KERNELS_POOL_POOL_2X2_SIMD_H
#define STRIATE_KERNELS_POOL_POOL_2X2_SIMD_H

#include "base/simd.h"
#include "kernels/pool/pooling.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

// a b
// c d, in each lane.
STRIATE_INLINE Vec pool_2x2(Pooling pooling, Vec a, Vec b, Vec c, Vec d) {
  if (pooling == Pooling::kMax) {
    const Mask nan = is_nan_either(a, b) | is_nan_either(c, d);
    return select(nan, Vec::set1(__builtin_nanf("")), max(d, max(c, max(b, a))));
  }
  return ((((Vec::zero() + a) + b) + c) + d) * Vec::set1(0.25f);
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_POOL_POOL_2X2_SIMD_H
