// COPY kernels.
//
// runs: vector copies of lines, 2 vectors per iteration; memory speed.
// transpose: dst[row][lane] = src[lane][row] in blocks of 16 rows, so that a block reads one cache
//   line per lane and writes 16 lines of dst; inside, 4x4 in registers (4 loads, 8 shuffles, 4
//   stores for 16 elements). Remainders of rows and lanes element by element.
// strided: element by element.
#ifndef STRIATE_KERNELS_COPY_COPY_SIMD_H
#define STRIATE_KERNELS_COPY_COPY_SIMD_H

#include <string.h>

#include "kernels/copy/copy.h"
#include "kernels/strided/strided_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

typedef float Quad __attribute__((vector_size(16)));

STRIATE_INLINE Quad load_quad(const float* p) {
  Quad q;
  memcpy(&q, p, sizeof q);
  return q;
}

STRIATE_INLINE void copy_run(const float* src, float* dst, int64_t n) {
  constexpr int L = Vec::kLanes;
  int64_t i = 0;
  for (; i + 2 * L <= n; i += 2 * L) {
    const Vec a = Vec::load(src + i), b = Vec::load(src + i + L);
    a.store(dst + i);
    b.store(dst + i + L);
  }
  for (; i < n; i += L) {
    const int rest = n - i < L ? static_cast<int>(n - i) : L;
    Vec::load(src + i, rest).store(dst + i, rest);
  }
}

// dst[r * dst_stride + l] = src[l * src_stride + r]
STRIATE_INLINE void transpose_block(const float* src, int64_t src_stride, float* dst,
                                    int64_t dst_stride, int64_t rows, int64_t lanes) {
  const int64_t quad_rows = rows & ~int64_t{3}, quad_lanes = lanes & ~int64_t{3};
  for (int64_t l = 0; l < quad_lanes; l += 4) {
    const float* s = src + l * src_stride;
    float* d = dst + l;
    for (int64_t r = 0; r < quad_rows; r += 4) {
      const Quad a = load_quad(s + r), b = load_quad(s + src_stride + r);
      const Quad c = load_quad(s + 2 * src_stride + r), e = load_quad(s + 3 * src_stride + r);
      const Quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      const Quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      const Quad ce_low = __builtin_shufflevector(c, e, 0, 4, 1, 5);
      const Quad ce_high = __builtin_shufflevector(c, e, 2, 6, 3, 7);
      const Quad out[4] = {__builtin_shufflevector(ab_low, ce_low, 0, 1, 4, 5),
                           __builtin_shufflevector(ab_low, ce_low, 2, 3, 6, 7),
                           __builtin_shufflevector(ab_high, ce_high, 0, 1, 4, 5),
                           __builtin_shufflevector(ab_high, ce_high, 2, 3, 6, 7)};
      for (int i = 0; i < 4; ++i) memcpy(d + (r + i) * dst_stride, &out[i], sizeof out[i]);
    }
    for (int64_t r = quad_rows; r < rows; ++r)
      for (int i = 0; i < 4; ++i) d[r * dst_stride + i] = s[i * src_stride + r];
  }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t l = quad_lanes; l < lanes; ++l) dst[r * dst_stride + l] = src[l * src_stride + r];
}

enum CopyMode { kRuns, kTranspose, kStrided };

template <CopyMode kMode>
void copy_lines(const CopyPlan& plan, const float* src, float* dst, int64_t first, int64_t last) {
  constexpr int64_t kRows = 16;
  const StridedLoop& loop = plan.loop;
  int64_t unit = first * plan.units_per_tile;
  const int64_t end =
      last * plan.units_per_tile < plan.units ? last * plan.units_per_tile : plan.units;
  int64_t row_block = unit % plan.row_blocks;
  int64_t block = unit / plan.row_blocks % loop.blocks;
  LineCursor<2> cursor;
  cursor.seek(loop, unit / plan.row_blocks / loop.blocks);
  for (; unit < end; ++unit) {
    const int64_t begin = block * loop.block;
    const int64_t rest = loop.lanes - begin;
    const int64_t n = rest < loop.block ? rest : loop.block;
    const float* s = src + cursor.offset[1] + begin * loop.lane_stride[1];
    float* d = dst + cursor.offset[0] + begin * loop.lane_stride[0];
    if (kMode == kRuns) {
      copy_run(s, d, n);
    } else if (kMode == kStrided) {
      for (int64_t i = 0; i < n; ++i) d[i * loop.lane_stride[0]] = s[i * loop.lane_stride[1]];
    } else {
      const int64_t top = row_block * plan.row_block;
      const int64_t bottom = top + plan.row_block < plan.rows ? top + plan.row_block : plan.rows;
      for (int64_t r = top; r < bottom; r += kRows)
        transpose_block(s + r, loop.lane_stride[1], d + r * plan.dst_row_stride,
                        plan.dst_row_stride, bottom - r < kRows ? bottom - r : kRows, n);
    }
    if (++row_block < plan.row_blocks) continue;
    row_block = 0;
    if (++block < loop.blocks) continue;
    block = 0;
    cursor.next(loop);
  }
}

}  // namespace

extern const CopyFunctions copy_functions;
constinit const CopyFunctions copy_functions = {copy_lines<kRuns>, copy_lines<kTranspose>,
                                                copy_lines<kStrided>};

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_COPY_COPY_SIMD_H
