// How a request becomes independent tiles.
//
// A piece is a smaller request of the same op, on parts of the operands; loops repeat it at other
// addresses, and every repetition is a tile. Pieces are cut by the shapes of one image or of a few
// matrix rows, never by the number of threads or of images: so a result's bits come from the same
// oneDNN primitive, on one thread, whoever runs the tile and however large the batch is.
#ifndef STRIATE_ONEDNN_SPLIT_H
#define STRIATE_ONEDNN_SPLIT_H

#include <string.h>

#include <vector>

#include "onednn/layout.h"

namespace striate::onednn {

constexpr int kMaxSrc = 8;

// `count` tiles, each so many elements after the one before it.
struct Loop {
  int64_t count;
  int64_t src[kMaxSrc];
  int64_t dst;
};

struct Piece {
  explicit Piece(const striate_kernel_request& whole);
  // The smaller request; points into this piece.
  striate_kernel_request request() const;
  int64_t tiles() const;
  template <class Params>
  Params params_as() const {
    static_assert(sizeof(Params) <= sizeof params);
    Params result;
    memcpy(&result, params, sizeof result);
    return result;
  }

  striate_kernel_request whole;
  Tensor src[kMaxSrc];
  const void* constants[kMaxSrc];  // NULL also where an operand is constant, but moves with tiles
  Tensor dst;
  alignas(8) unsigned char params[sizeof(striate_conv_params)];  // no op has larger ones
  int64_t src_at[kMaxSrc];                                       // elements from the base address
  int64_t dst_at;
  std::vector<Loop> loops;  // slowest first
};

// The piece with most work first: it chooses how constants are packed.
std::vector<Piece> split(const striate_kernel_request& whole);

// How many rows of a matrix product are computed together; also where fewer are left, so that all
// rows of all batches come from one primitive. A run-time b is packed for every block of rows.
constexpr int64_t gemm_rows(bool constant_b) { return constant_b ? 6 : 24; }

}  // namespace striate::onednn

#endif  // STRIATE_ONEDNN_SPLIT_H
