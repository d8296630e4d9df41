// StridedLoop: how an element-wise kernel walks operands of any strides.
//
// Dimensions of one element are dropped, the others ordered by falling stride of dst and merged
// where every operand allows it. What remains is a list of lines; a line is `lanes` elements along
// the innermost dimension. Work is cut into units (a line, or a block of a long line) and units
// into tiles of about 8192 elements: 32 KB of dst, some microseconds, far above a thread hand-off.
#ifndef STRIATE_KERNELS_STRIDED_STRIDED_H
#define STRIATE_KERNELS_STRIDED_STRIDED_H

#include <stdint.h>

#include "base/tensor.h"

namespace striate {

struct StridedLoop {
  static constexpr int kMaxOperands = 5;
  int32_t rank;      // dimensions outside the line, slowest first
  int32_t operands;  // operand 0 is dst
  int64_t dims[STRIATE_MAX_RANK];
  int64_t strides[kMaxOperands][STRIATE_MAX_RANK];
  int64_t lines;  // product of dims
  int64_t lanes;  // elements of a line
  int64_t lane_stride[kMaxOperands];
  int64_t block;           // lanes of a unit of work
  int64_t blocks;          // units per line
  int64_t units;           // lines * blocks
  int64_t units_per_tile;  // the last tile may hold fewer
  int64_t tiles;
};

// The number of elements that a tile should hold for `elements` of work and this many threads.
int64_t tile_elements(int64_t elements, int threads);

// A walk over dst and srcs. The srcs have the rank of dst; a dimension of 1 broadcasts (stride 0).
// With `channel_operands`, the srcs from that index on are [C] and run along dimension 1 of dst.
StridedLoop make_strided_loop(const Tensor& dst, const Tensor* const* srcs, int src_count,
                              int channel_operands, int threads);

// Whether every operand of a line is contiguous or constant, and dst contiguous.
bool is_contiguous(const StridedLoop& loop);

}  // namespace striate

#endif  // STRIATE_KERNELS_STRIDED_STRIDED_H
