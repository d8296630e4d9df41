// REDUCE: sum, mean or maximum over any axes.
#ifndef STRIATE_KERNELS_REDUCE_REDUCE_H
#define STRIATE_KERNELS_REDUCE_REDUCE_H

#include "kernels/strided/strided.h"

namespace striate {

struct ReducePlan {
  StridedLoop loop;  // the dimensions that stay: dst, src
  // The reduced dimensions, merged where possible, in the order of summation: slowest first. The
  // last one is the run; a tensor without reduced dimensions has a run of 1.
  int32_t rank;
  int64_t dims[STRIATE_MAX_RANK];
  int64_t strides[STRIATE_MAX_RANK];
  int64_t outer;  // product of all but the last
  int64_t run, run_stride;
  float count;  // elements of a sum
};

using ReduceFunction = void (*)(const ReducePlan& plan, const float* src, float* dst, int64_t first,
                                int64_t last);

struct ReduceFunctions {
  ReduceFunction along[3];   // by striate_reduce_kind; the run is contiguous: vectors along it
  ReduceFunction across[3];  // vectors across outputs, of any stride
};

namespace avx512 {
extern const ReduceFunctions reduce_functions;
}
namespace avx2 {
extern const ReduceFunctions reduce_functions;
}
namespace portable {
extern const ReduceFunctions reduce_functions;
}

}  // namespace striate

#endif  // STRIATE_KERNELS_REDUCE_REDUCE_H
