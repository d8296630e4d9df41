// x / u^beta, the end of a local response normalisation.
#ifndef STRIATE_KERNELS_LRN_LRN_POWER_SIMD_H
#define STRIATE_KERNELS_LRN_LRN_POWER_SIMD_H

#include <math.h>

#include "base/simd.h"

namespace striate {
namespace STRIATE_ISA {

// beta 3/4, 1 and 1/2 by square roots: within 2.5 units in the last place. Any other beta by pow of
// libm in double, lane by lane.
STRIATE_INLINE Vec divide_by_power(Vec x, Vec u, float beta) {
  if (beta == 0.75f) {
    const Vec root = sqrt(u);
    return x / (root * sqrt(root));
  }
  if (beta == 1.0f) return x / u;
  if (beta == 0.5f) return x / sqrt(u);
  alignas(64) float lane[Vec::kLanes];
  u.store(lane);
  for (int i = 0; i < Vec::kLanes; ++i)
    lane[i] = static_cast<float>(pow(static_cast<double>(lane[i]), static_cast<double>(beta)));
  return x / Vec::load(lane);
}

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_LRN_LRN_POWER_SIMD_H
