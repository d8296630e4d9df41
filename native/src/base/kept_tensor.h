// A copy of a constant operand in the strides of the original, for kernels that read it at run.
#ifndef STRIATE_BASE_KEPT_TENSOR_H
#define STRIATE_BASE_KEPT_TENSOR_H

#include "base/aligned_buffer.h"
#include "base/tensor.h"

namespace striate {

class KeptTensor {
 public:
  // `data` is element 0 of an f32 tensor. Gaps between its elements are not read.
  KeptTensor(const Tensor& tensor, const void* data);
  // Element 0.
  const float* base() const { return buffer_.data() + below_; }
  int64_t bytes() const { return buffer_.bytes(); }

 private:
  int64_t below_ = 0;  // elements before element 0: negative strides
  AlignedBuffer buffer_;
};

}  // namespace striate

#endif  // STRIATE_BASE_KEPT_TENSOR_H
