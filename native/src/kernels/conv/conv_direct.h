// Plain convolution for the requests that no fast kernel takes: any strides of any operand, weights
// given at run.
#ifndef STRIATE_KERNELS_CONV_CONV_DIRECT_H
#define STRIATE_KERNELS_CONV_CONV_DIRECT_H

#include <stdint.h>

#include "base/aligned_buffer.h"
#include "kernels/conv/conv.h"

namespace striate {

class ConvDirect : public Kernel {
 public:
  explicit ConvDirect(const Request& request);

  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override;
  int64_t tiles() const override { return tiles_; }
  int64_t packed_bytes() const override { return weights_.bytes() + bias_.bytes(); }

 private:
  ConvGeometry g_;
  AlignedBuffer weights_;  // a dense copy of constant weights
  AlignedBuffer bias_;     // a copy of a constant bias, dense
  int64_t tiles_;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_CONV_DIRECT_H
