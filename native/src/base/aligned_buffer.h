// An owned, 64-byte aligned, zero-filled array of floats.
#ifndef STRIATE_BASE_ALIGNED_BUFFER_H
#define STRIATE_BASE_ALIGNED_BUFFER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <memory>

#include "base/checked.h"

namespace striate {

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(int64_t count) : count_(count) {
    const int64_t bytes = round_up(checked_mul(count, 4, "a packed constant"), 64);
    if (bytes == 0) return;
    // Large constants are read as one stream: with 2 MB pages it meets fewer TLB misses, and the
    // prefetcher fewer page ends.
    const bool large = bytes >= 4 * kHugePage;  // at most a quarter is rounding
    const int64_t whole = large ? round_up(bytes, kHugePage) : bytes;
    float* p = static_cast<float*>(
        aligned_alloc(static_cast<size_t>(large ? kHugePage : 64), static_cast<size_t>(whole)));
    if (p == nullptr)
      fail(STRIATE_OUT_OF_MEMORY, "no memory for %lld bytes of packed constants",
           static_cast<long long>(bytes));
#if defined(__linux__)
    if (large) madvise(p, static_cast<size_t>(whole), MADV_HUGEPAGE);  // a wish: failure is fine
#endif
    memset(p, 0, static_cast<size_t>(bytes));
    data_.reset(p);
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  int64_t size() const { return count_; }
  int64_t bytes() const { return count_ * 4; }

 private:
  static constexpr int64_t kHugePage = 2 << 20;
  struct Free {
    void operator()(float* p) const { free(p); }
  };
  std::unique_ptr<float, Free> data_;
  int64_t count_ = 0;
};

}  // namespace striate

#endif  // STRIATE_BASE_ALIGNED_BUFFER_H
