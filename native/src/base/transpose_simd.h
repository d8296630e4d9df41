// Small transposes by 4x4 blocks in registers, for kernels that turn lanes into rows.
#ifndef STRIATE_BASE_TRANSPOSE_SIMD_H
#define STRIATE_BASE_TRANSPOSE_SIMD_H

#include <string.h>

#include "base/simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

typedef float Quad __attribute__((vector_size(16)));

STRIATE_INLINE Quad load_quad(const float* p) {
  Quad q;
  memcpy(&q, p, sizeof q);
  return q;
}

// dst[r * dst_stride + l] = src[l * src_stride + r] for kLanes lanes, 2 to 4: kLanes loads, 8
// shuffles and 4 rows of stores for 4 rows.
template <int kLanes>
STRIATE_INLINE void transpose_lanes(const float* src, int64_t src_stride, float* dst,
                                    int64_t dst_stride, int64_t rows) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const Quad a = load_quad(src + r), b = load_quad(src + src_stride + r);
    const Quad c = kLanes > 2 ? load_quad(src + 2 * src_stride + r) : a;
    const Quad d = kLanes > 3 ? load_quad(src + 3 * src_stride + r) : b;
    const Quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const Quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const Quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    const Quad out[4] = {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
                         __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
                         __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
                         __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
    for (int i = 0; i < 4; ++i) memcpy(dst + (r + i) * dst_stride, &out[i], kLanes * 4);
  }
  for (; r < rows; ++r)
    for (int l = 0; l < kLanes; ++l) dst[r * dst_stride + l] = src[l * src_stride + r];
}

// dst[r * 3 + l] = src[l * src_stride + r] for 3 lanes, such as those of an RGB image: 3 loads, 9
// shuffles and 3 stores for 4 rows.
STRIATE_INLINE void interleave_3(const float* src, int64_t src_stride, float* dst, int64_t rows) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const Quad a = load_quad(src + r), b = load_quad(src + src_stride + r);
    const Quad c = load_quad(src + 2 * src_stride + r);
    const Quad a0b0 = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const Quad c0a1 = __builtin_shufflevector(c, a, 0, 0, 5, 5);
    const Quad b1c1 = __builtin_shufflevector(b, c, 1, 1, 5, 5);
    const Quad a2b2 = __builtin_shufflevector(a, b, 2, 2, 6, 6);
    const Quad c2a3 = __builtin_shufflevector(c, a, 2, 2, 7, 7);
    const Quad b3c3 = __builtin_shufflevector(b, c, 2, 6, 3, 7);
    const Quad out[3] = {__builtin_shufflevector(a0b0, c0a1, 0, 1, 4, 6),
                         __builtin_shufflevector(b1c1, a2b2, 0, 2, 4, 6),
                         __builtin_shufflevector(c2a3, b3c3, 0, 2, 6, 7)};
    for (int i = 0; i < 3; ++i) memcpy(dst + 3 * r + 4 * i, &out[i], sizeof out[i]);
  }
  transpose_lanes<3>(src + r, src_stride, dst + 3 * r, 3, rows - r);
}

// The same for any number of lanes.
STRIATE_INLINE void transpose_block(const float* src, int64_t src_stride, float* dst,
                                    int64_t dst_stride, int64_t rows, int64_t lanes) {
  int64_t l = 0;
  for (; l + 4 <= lanes; l += 4)
    transpose_lanes<4>(src + l * src_stride, src_stride, dst + l, dst_stride, rows);
  const float* const rest = src + l * src_stride;
  if (lanes == 3 && dst_stride == 3)
    interleave_3(rest, src_stride, dst, rows);
  else if (lanes - l == 3)
    transpose_lanes<3>(rest, src_stride, dst + l, dst_stride, rows);
  else if (lanes - l == 2)
    transpose_lanes<2>(rest, src_stride, dst + l, dst_stride, rows);
  else if (lanes - l == 1)
    for (int64_t r = 0; r < rows; ++r) dst[r * dst_stride + l] = rest[r];
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_BASE_TRANSPOSE_SIMD_H
