// Plain matrix product for what no fast kernel takes: any strides of any operand.
#ifndef STRIATE_KERNELS_GEMM_GEMM_DIRECT_H
#define STRIATE_KERNELS_GEMM_GEMM_DIRECT_H

#include <stdint.h>

#include "base/aligned_buffer.h"
#include "kernels/gemm/gemm.h"

namespace striate {

class GemmDirect : public Kernel {
 public:
  explicit GemmDirect(const Request& request);

  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override;
  int64_t tiles() const override { return tiles_; }
  int64_t packed_bytes() const override { return b_.bytes() + bias_.bytes(); }

 private:
  GemmGeometry g_;
  AlignedBuffer b_;     // a copy of a constant b: [batch][k][n], broadcast batches repeated
  AlignedBuffer bias_;  // a copy of a constant bias
  int64_t tiles_;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_GEMM_GEMM_DIRECT_H
