// The Kernel of the gather engine, shared by PAD and RESIZE.
#ifndef STRIATE_KERNELS_GATHER_GATHER_KERNEL_H
#define STRIATE_KERNELS_GATHER_GATHER_KERNEL_H

#include "dispatch/kernel.h"
#include "kernels/gather/gather.h"

namespace striate {

class GatherKernel : public Kernel {
 public:
  GatherKernel(const Request& request, const std::vector<std::vector<int64_t>>& source, float value,
               GatherFunction function)
      : tables_(request.src(0), request.dst(), source, value, request.threads()),
        function_(function) {}
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void*) const noexcept override {
    function_(tables_.plan(), static_cast<const float*>(src[0]), static_cast<float*>(dst[0]), first,
              last);
  }
  int64_t tiles() const override { return tables_.plan().tiles; }
  int64_t packed_bytes() const override { return tables_.bytes(); }

 private:
  GatherTables tables_;
  GatherFunction function_;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_GATHER_GATHER_KERNEL_H
