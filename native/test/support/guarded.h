// Memory that catches whoever reads or writes beside it.
//
// GuardedBuffer lies flush against an unmapped page, at its end or at its front. GuardedTensor puts
// a strided tensor into one; every element that the descriptor does not name holds a sentinel NaN,
// so reading it poisons a result, and writing it is found by `gaps_untouched`.
#ifndef STRIATE_TEST_SUPPORT_GUARDED_H
#define STRIATE_TEST_SUPPORT_GUARDED_H

#include <stdint.h>

#include <functional>
#include <vector>

#include "striate/striate.h"

namespace striate::test {

enum class Flush { kEnd, kFront };

class GuardedBuffer {
 public:
  GuardedBuffer(int64_t bytes, Flush flush);
  ~GuardedBuffer();
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;
  void* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  void* mapping_;
  int64_t mapped_bytes_;
  void* data_;
  int64_t bytes_;
};

class GuardedTensor {
 public:
  // All elements start as the sentinel.
  GuardedTensor(const striate_tensor_desc& desc, Flush flush);
  // Index order, last dimension fastest.
  void fill(const std::function<float(int64_t)>& value);
  std::vector<float> values() const;
  void reset();  // back to the sentinel everywhere
  bool gaps_untouched() const;
  bool same_bytes(const GuardedTensor& other) const;
  float* base() const { return base_; }
  const striate_tensor_desc& desc() const { return desc_; }

 private:
  template <class Visit>
  void visit(Visit&& visit) const;

  striate_tensor_desc desc_;
  int64_t low_;  // elements below the base address (negative strides)
  int64_t span_;
  GuardedBuffer buffer_;
  float* base_;
};

// Dense descriptors. `dims` in logical order N, C, spatial...
striate_tensor_desc row_major(const std::vector<int64_t>& dims);
// N, [D,] [H,] W, C in memory with `pitch` >= C elements from pixel to pixel.
striate_tensor_desc channels_last(const std::vector<int64_t>& dims, int64_t pitch);

}  // namespace striate::test

#endif  // STRIATE_TEST_SUPPORT_GUARDED_H
