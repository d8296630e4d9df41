// Walking strided memory from kernel code: a line cursor, and loads and stores of any stride.
#ifndef STRIATE_KERNELS_STRIDED_STRIDED_SIMD_H
#define STRIATE_KERNELS_STRIDED_STRIDED_SIMD_H

#include "base/simd.h"
#include "kernels/strided/strided.h"

namespace striate {
namespace STRIATE_ISA {

// The position of K operands while lines advance, slowest dimension first.
template <int K>
struct LineCursor {
  int64_t index[STRIATE_MAX_RANK];
  int64_t offset[K];

  STRIATE_INLINE void seek(const StridedLoop& loop, int64_t line) {
    for (int k = 0; k < K; ++k) offset[k] = 0;
    for (int d = loop.rank - 1; d >= 0; --d) {
      index[d] = line % loop.dims[d];
      line /= loop.dims[d];
      for (int k = 0; k < K; ++k) offset[k] += index[d] * loop.strides[k][d];
    }
  }
  STRIATE_INLINE void next(const StridedLoop& loop) {
    for (int d = loop.rank - 1; d >= 0; --d) {
      for (int k = 0; k < K; ++k) offset[k] += loop.strides[k][d];
      if (++index[d] < loop.dims[d]) return;
      for (int k = 0; k < K; ++k) offset[k] -= loop.dims[d] * loop.strides[k][d];
      index[d] = 0;
    }
  }
};

// The first n of kLanes elements that lie `stride` apart; the missing lanes read as 0.
STRIATE_INLINE Vec load_strided(const float* p, int64_t stride, int n) {
  alignas(64) float lane[Vec::kLanes] = {};
  for (int i = 0; i < n; ++i) lane[i] = p[i * stride];
  return Vec::load(lane);
}

STRIATE_INLINE void store_strided(Vec v, float* p, int64_t stride, int n) {
  alignas(64) float lane[Vec::kLanes];
  v.store(lane);
  for (int i = 0; i < n; ++i) p[i * stride] = lane[i];
}

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_STRIDED_STRIDED_SIMD_H
