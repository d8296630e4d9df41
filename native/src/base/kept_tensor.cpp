#include "base/kept_tensor.h"

#include <algorithm>

namespace striate {

KeptTensor::KeptTensor(const Tensor& tensor, const void* data) {
  int64_t span = 1;
  for (int d = 0; d < tensor.rank; ++d) {
    const int64_t reach = (tensor.dims[d] - 1) * stride_or(tensor, d, 0);
    below_ += std::max<int64_t>(0, -reach);
    span += reach < 0 ? -reach : reach;
  }
  buffer_ = AlignedBuffer(span);
  const float* from = static_cast<const float*>(data);
  float* to = buffer_.data() + below_;
  int64_t index[STRIATE_MAX_RANK] = {};
  for (int64_t count = element_count(tensor), offset = 0; count > 0; --count) {
    to[offset] = from[offset];
    for (int d = tensor.rank - 1; d >= 0; --d) {
      const int64_t stride = stride_or(tensor, d, 0);
      offset += stride;
      if (++index[d] < tensor.dims[d]) break;
      offset -= stride * tensor.dims[d];
      index[d] = 0;
    }
  }
}

}  // namespace striate
