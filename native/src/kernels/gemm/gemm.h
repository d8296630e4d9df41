// Matrix products: the request in one uniform shape. Formula: striate.h, striate_gemm_params.
#ifndef STRIATE_KERNELS_GEMM_GEMM_H
#define STRIATE_KERNELS_GEMM_GEMM_H

#include <stdint.h>

#include "dispatch/kernel.h"
#include "kernels/activation/activation.h"

namespace striate {

constexpr int kMaxBatchRank = STRIATE_MAX_RANK - 2;

// Transposition is only an exchange of strides. A batch stride is 0 where the operand broadcasts; a
// stride of a dimension with one element is 0 (of n: 1).
struct GemmGeometry {
  int64_t m, n, k;
  int batch_rank;
  int64_t batch[kMaxBatchRank];
  int64_t a_batch[kMaxBatchRank], b_batch[kMaxBatchRank];
  int64_t dst_batch[kMaxBatchRank], residual_batch[kMaxBatchRank];
  int64_t a_m, a_k, b_k, b_n, dst_m, dst_n, residual_m, residual_n;
  int64_t bias_stride;
  bool has_bias, has_residual;
  Activation activation;

  int bias_index() const { return 2; }
  int residual_index() const { return has_bias ? 3 : 2; }
  int64_t batches() const;
  bool b_batched() const;  // b differs from batch to batch
  int64_t rows() const;    // that share a b
  // Sum of index * stride over the batch dimensions of flat batch number `i`.
  int64_t batch_offset(int64_t i, const int64_t* strides) const;
};

// The op's check: throws Failure.
void check_gemm(const Request& request);

// Assumes check_gemm.
GemmGeometry gemm_geometry(const Request& request);

}  // namespace striate

#endif  // STRIATE_KERNELS_GEMM_GEMM_H
