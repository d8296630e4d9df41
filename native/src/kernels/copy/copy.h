// COPY: the same elements in another layout.
#ifndef STRIATE_KERNELS_COPY_COPY_H
#define STRIATE_KERNELS_COPY_COPY_H

#include "kernels/strided/strided.h"

namespace striate {

struct CopyPlan {
  StridedLoop loop;  // where `rows` > 1, without the dimension of the rows
  // A transposition: the lanes of a line are contiguous in dst, the rows contiguous in src.
  int64_t rows, dst_row_stride;
  int64_t row_block, row_blocks;  // units are loop.units * row_blocks
  int64_t units, units_per_tile, tiles;
};

using CopyFunction = void (*)(const CopyPlan& plan, const float* src, float* dst, int64_t first,
                              int64_t last);

struct CopyFunctions {
  CopyFunction runs;       // lines contiguous in both
  CopyFunction transpose;  // rows > 1
  CopyFunction strided;    // anything
};

namespace avx512 {
extern const CopyFunctions copy_functions;
}
namespace avx2 {
extern const CopyFunctions copy_functions;
}
namespace portable {
extern const CopyFunctions copy_functions;
}

}  // namespace striate

#endif  // STRIATE_KERNELS_COPY_COPY_H
