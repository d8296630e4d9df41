// The constants that a kernel packs while it is created, so that they can be copied out and an
// equal kernel can be created from the copy without packing.
//
// A copy is Head, the number of floats of each piece, and the pieces, each part beginning at a
// multiple of 64 bytes. Pieces are floats and nothing else: no size, offset or index is ever read
// from them, so whatever a copy holds, a kernel that takes it stays within its operands.
#ifndef STRIATE_DISPATCH_PACK_STORE_H
#define STRIATE_DISPATCH_PACK_STORE_H

#include <stdint.h>

#include <vector>

#include "base/aligned_buffer.h"

namespace striate {

class PackStore {
 public:
  PackStore() = default;
  // Pieces of a copy, which must stay valid as long as the kernel. Throws Failure unless its
  // header, `key` and sizes are right.
  PackStore(uint64_t key, const void* copy, int64_t bytes);

  bool restoring() const { return restoring_; }
  // `count` floats: the next piece of the copy, or zeros, with kNone anything, that `fill` then
  // writes to.
  template <class Fill>
  AlignedBuffer pack(int64_t count, Fill&& fill, AlignedBuffer::Fill before) {
    if (restoring_) return AlignedBuffer::view(next(count), count);
    AlignedBuffer made(count, before);
    if (count > 0) fill(made.data());
    pieces_.push_back({made.data(), count});
    return made;
  }
  // Throws Failure if the copy has pieces that the kernel did not ask for.
  void finish() const;

  int64_t copy_bytes() const;
  void copy(uint64_t key, void* to) const;

 private:
  struct Piece {
    const float* data;
    int64_t count;
  };
  const float* next(int64_t count);

  std::vector<Piece> pieces_;
  size_t taken_ = 0;
  bool restoring_ = false;
};

}  // namespace striate

#endif  // STRIATE_DISPATCH_PACK_STORE_H
