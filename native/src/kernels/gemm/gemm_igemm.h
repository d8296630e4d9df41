// Matrix products on the micro tile of kernels/igemm: one tap, whose run is k.
//
// Loop order of a tile range: (matrix of b, column block, row block) -> k segment -> micro tile.
// Row
//   blocks are the inner tile index and a call's neighbouring ones are joined, so that the weights
//   of a segment serve many rows from L2.
// Rows: where b has no batch dimensions, the rows of all batches are one list.
// b constant: packed at create. b given at run: each call packs one (column block, k segment) at a
// time
//   into scratch, 256 KB at most, before its rows pass: n/64 times k*64 elements in all, for every
//   call.
// a with k not adjacent (transposed): the rows of the tile are copied into scratch first.
// One row (dense layer, batch 1): the time is that of reading the packed weights once.
#ifndef STRIATE_KERNELS_GEMM_GEMM_IGEMM_H
#define STRIATE_KERNELS_GEMM_GEMM_IGEMM_H

#include <stdint.h>

#include <vector>

#include "kernels/bias/padded_bias.h"
#include "kernels/gemm/gemm.h"
#include "kernels/igemm/packed_weights.h"

namespace striate {

class GemmIgemm : public Kernel {
 public:
  GemmIgemm(const Request& request, const IgemmTiles& tiles);
  // Empty when it can do the request.
  static std::string can_do(const Request& request);

  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override;
  int64_t tiles() const override { return tile_count_; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t packed_bytes() const override { return packed_bytes_; }

 private:
  struct Range {
    int64_t matrix, column_block, row, rows;
  };
  void point_rows(const Range& range, const float* a, float* copies,
                  const float** table) const noexcept;
  void point_outputs(const Range& range, float* base, const int64_t* batch_strides, int64_t stride,
                     float** table) const noexcept;
  void run_columns(const Range& range, const float* b, const float* bias, const IgemmRows& rows,
                   float* panel) const noexcept;

  const IgemmTiles& tiles_;
  GemmGeometry g_;
  bool b_constant_, b_batched_, copy_a_;
  int64_t matrices_;  // outer loop: batches where b is batched, else 1
  int64_t rows_;      // in the list of one matrix
  int64_t block_, row_blocks_, max_rows_;
  std::vector<PackedWeights> packed_;  // of each batch, or one
  std::vector<int64_t> packed_index_;  // of each batch
  std::vector<ChannelBlock> blocks_;
  std::vector<KSegment> segments_;
  PaddedBias bias_;
  int64_t padded_;
  int64_t dst_at_, residual_at_, bias_at_, copies_at_, panel_at_;  // in scratch, bytes
  int64_t tile_count_, scratch_bytes_, packed_bytes_ = 0;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_GEMM_GEMM_IGEMM_H
