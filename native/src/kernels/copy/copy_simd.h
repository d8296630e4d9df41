// COPY kernels.
//
// runs: vector copies of lines, 2 vectors per iteration; memory speed.
// transpose: dst[row][lane] = src[lane][row] in blocks of 16 rows, so that a block reads one cache
//   line per lane and writes 16 lines of dst; inside, 4x4 in registers (base/transpose_simd.h),
//   also where 2 or 3 lanes are left, as in an RGB image. Remaining rows element by element.
// strided: element by element.
#ifndef STRIATE_KERNELS_COPY_COPY_SIMD_H
#define STRIATE_KERNELS_COPY_COPY_SIMD_H

#include "base/transpose_simd.h"
#include "kernels/copy/copy.h"
#include "kernels/strided/strided_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

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
