// An owned, 64-byte aligned, zero-filled array of floats.
#ifndef STRIATE_BASE_ALIGNED_BUFFER_H
#define STRIATE_BASE_ALIGNED_BUFFER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <memory>

#include "base/checked.h"

namespace striate {

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(int64_t count) : count_(count) {
    const int64_t bytes = round_up(checked_mul(count, 4, "a packed constant"), 64);
    if (bytes == 0) return;
    float* p = static_cast<float*>(aligned_alloc(64, static_cast<size_t>(bytes)));
    if (p == nullptr)
      fail(STRIATE_OUT_OF_MEMORY, "no memory for %lld bytes of packed constants",
           static_cast<long long>(bytes));
    memset(p, 0, static_cast<size_t>(bytes));
    data_.reset(p);
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  int64_t size() const { return count_; }
  int64_t bytes() const { return count_ * 4; }

 private:
  struct Free {
    void operator()(float* p) const { free(p); }
  };
  std::unique_ptr<float, Free> data_;
  int64_t count_ = 0;
};

}  // namespace striate

#endif  // STRIATE_BASE_ALIGNED_BUFFER_H
