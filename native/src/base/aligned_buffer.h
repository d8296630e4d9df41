// A 64-byte aligned array of floats: owned and zero-filled, or a view of constants that another
// owns.
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

// Memory for constants, 64-byte aligned, to be freed by free(). Large constants are read as one
// stream: with 2 MB pages it meets fewer TLB misses, and the prefetcher fewer page ends.
inline void* allocate_pages(int64_t bytes) {
  constexpr int64_t kHugePage = 2 << 20;
  const bool large = bytes >= kHugePage;
  void* p = nullptr;
  if (posix_memalign(&p, static_cast<size_t>(large ? kHugePage : 64), static_cast<size_t>(bytes)) !=
      0)
    fail(STRIATE_OUT_OF_MEMORY, "no memory for %lld bytes of packed constants",
         static_cast<long long>(bytes));
#if defined(__linux__)
  // Whole ones only, so that nothing is rounded up. A wish: failure is fine.
  if (large) madvise(p, static_cast<size_t>(bytes / kHugePage * kHugePage), MADV_HUGEPAGE);
#endif
  return p;
}

class AlignedBuffer {
 public:
  enum Fill { kZero, kNone };

  AlignedBuffer() = default;
  // With kNone, memory that is never written is never taken from the system either.
  explicit AlignedBuffer(int64_t count, Fill fill = kZero) : count_(count) {
    const int64_t bytes = round_up(checked_mul(count, 4, "a packed constant"), 64);
    if (bytes == 0) return;
    void* p = allocate_pages(bytes);
    data_.reset(static_cast<float*>(p));
    if (fill == kZero) memset(p, 0, static_cast<size_t>(bytes));
  }
  // Somebody else's, 64-byte aligned, never written through this.
  static AlignedBuffer view(const float* data, int64_t count) {
    AlignedBuffer buffer;
    buffer.data_ = std::unique_ptr<float, Free>(const_cast<float*>(data), Free(false));
    buffer.count_ = count;
    return buffer;
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  int64_t size() const { return count_; }
  int64_t bytes() const { return count_ * 4; }

 private:
  struct Free {
    Free() : owned(true) {}
    explicit Free(bool owner) : owned(owner) {}
    bool owned;
    void operator()(float* p) const {
      if (owned) free(p);
    }
  };
  std::unique_ptr<float, Free> data_;
  int64_t count_ = 0;
};

}  // namespace striate

#endif  // STRIATE_BASE_ALIGNED_BUFFER_H
