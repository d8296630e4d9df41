#include "kernels/bias/padded_bias.h"

#include <algorithm>

#include "base/checked.h"

namespace striate {

PaddedBias::PaddedBias(const Request& request, bool present, int64_t stride, int64_t groups,
                       int64_t channels, int64_t padded)
    : stride_(stride), groups_(groups), channels_(channels), padded_(padded) {
  const int64_t count = checked_mul(groups, padded, "the bias");
  if (present && request.constant(kOperand) == nullptr) {
    scratch_bytes_ = round_up(checked_mul(count, 4, "the bias"), 64);
    return;
  }
  packed_ = request.pack(count, [&](float* to) {
    if (present) spread(request.constant_f32(kOperand), to);
  });
}

void PaddedBias::spread(const float* from, float* to) const noexcept {
  for (int64_t group = 0; group < groups_; ++group, to += padded_) {
    for (int64_t c = 0; c < channels_; ++c, from += stride_) to[c] = *from;
    std::fill(to + channels_, to + padded_, 0.0f);
  }
}

const float* PaddedBias::at(const void* const* src, void* scratch) const noexcept {
  if (scratch_bytes_ == 0) return packed_.data();
  float* const copy = static_cast<float*>(scratch);
  spread(static_cast<const float*>(src[kOperand]), copy);
  return copy;
}

}  // namespace striate
