// The bias of a convolution or matrix product as kernels read it: the channels of every group, then
// zeros up to whole vectors. A constant one is packed when the kernel is created; one that comes
// with run is copied into scratch by each run.
#ifndef STRIATE_KERNELS_BIAS_PADDED_BIAS_H
#define STRIATE_KERNELS_BIAS_PADDED_BIAS_H

#include "base/aligned_buffer.h"
#include "dispatch/kernel.h"

namespace striate {

class PaddedBias {
 public:
  static constexpr int kOperand = 2;

  PaddedBias() = default;
  // `groups` times `channels` values of the operand, `stride` apart, each group padded to `padded`;
  // zeros where there is no operand.
  PaddedBias(const Request& request, bool present, int64_t stride, int64_t groups, int64_t channels,
             int64_t padded);

  // What `at` needs: a multiple of 64, or 0.
  int64_t scratch_bytes() const { return scratch_bytes_; }
  int64_t packed_bytes() const { return packed_.bytes(); }
  // [groups][padded]. `src` are the operands of run.
  const float* at(const void* const* src, void* scratch) const noexcept;

 private:
  void spread(const float* from, float* to) const noexcept;

  int64_t stride_ = 0, groups_ = 0, channels_ = 0, padded_ = 0;
  int64_t scratch_bytes_ = 0;
  AlignedBuffer packed_;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_BIAS_PADDED_BIAS_H
