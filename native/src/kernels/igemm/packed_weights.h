// Weights and bias in the order in which the micro tile reads them.
//
// Output channels are cut into blocks of `vectors * lanes` and one narrower block for the rest; a
// block holds [tap][k][vectors * lanes], channels beyond the last are 0. k is cut into segments of
// about kSegment, each small enough that the weights of one block and segment stay in L2 while
// every row of the tile's range passes by; between segments the sums rest in dst. Tiles for few
// rows that read streams have one segment, [vector][tap][k][lanes].
#ifndef STRIATE_KERNELS_IGEMM_PACKED_WEIGHTS_H
#define STRIATE_KERNELS_IGEMM_PACKED_WEIGHTS_H

#include <stdint.h>

#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "dispatch/kernel.h"
#include "kernels/igemm/igemm.h"

namespace striate {

struct ChannelBlock {
  int64_t channel;  // its first output channel
  int32_t vectors;
  int32_t tail;     // channels in its last vector
  int64_t weights;  // floats into the packed weights
};

std::vector<ChannelBlock> channel_blocks(const IgemmTiles& tiles, int64_t channels, int64_t k);

struct KSegment {
  int64_t tap;     // first tap
  int64_t taps;    // how many
  int64_t offset;  // first k of each
  int64_t run;     // how many
};

constexpr int64_t kSegment = 1024;
std::vector<KSegment> k_segments(const IgemmTiles& tiles, int64_t taps, int64_t run);

// Where weight (channel c, tap t, k) is found: base + c*channel_stride + tap_offset[t] +
// k*k_stride. `k_inner` > 0 splits k into (k / k_inner)*k_stride + (k % k_inner)*k_inner_stride.
struct WeightView {
  const float* base;
  int64_t channel_stride;
  const int64_t* tap_offset;
  int64_t taps;
  int64_t run;
  int64_t k_stride;
  int64_t k_inner;
  int64_t k_inner_stride;
};

class PackedWeights {
 public:
  PackedWeights() = default;
  PackedWeights(const Request& request, const IgemmTiles& tiles, int64_t channels,
                const WeightView& view);

  const std::vector<ChannelBlock>& blocks() const { return blocks_; }
  const std::vector<KSegment>& segments() const { return segments_; }
  const float* data() const { return data_.data(); }
  int64_t bytes() const { return data_.bytes(); }
  bool finite() const { return *finite_.data() != 0.0f; }

 private:
  std::vector<ChannelBlock> blocks_;
  std::vector<KSegment> segments_;
  AlignedBuffer data_;
  AlignedBuffer finite_;  // 1 or 0
};

// Why tiles for few rows are not to be taken; empty: they are.
std::string few_rows_reason(const IgemmTiles& few_rows, int64_t rows);

// Floats that a bias needs when padded for every block: its channels rounded up to `lanes`.
int64_t padded_channels(const IgemmTiles& tiles, int64_t channels);

struct IgemmGroup {
  int64_t end;                 // its last row + 1
  const int64_t* tap_offsets;  // or null: see igemm.h; then src needs the first tap only
};

// The rows of a range of micro tiles.
struct IgemmRows {
  const float* const* src;  // [taps][tap_stride]
  int64_t tap_stride;
  int64_t src_offset;  // added to every source pointer
  float* const* dst;
  const float* const* residual;  // or null
  int64_t count;
  const float* zero_row;       // or null: see igemm.h
  const int64_t* tap_offsets;  // or null: see igemm.h; src then has one row, tap_stride is 0
  // Or null: groups of rows, no micro tile reaches over the end of one; the last ends at `count` or
  // beyond. Rows count from `group_origin` there.
  const IgemmGroup* groups = nullptr;
  int64_t group_origin = 0;
  bool far = false;  // the source lies beyond L2: rows are fetched a tile ahead
};

// One block of output channels for all rows. `channel` is added to dst and residual pointers on top
// of the block's own first channel; `weights` and `bias` point to those of the block. An empty list
// of taps leaves the epilogue of the bias. `next`: the weights that are needed after these, which
// are fetched meanwhile; null: those that follow in memory.
struct IgemmEpilogue {
  int64_t channel;
  const float* bias;
  Activation activation;
};
void igemm_block(const IgemmTiles& tiles, const ChannelBlock& block,
                 const std::vector<KSegment>& segments, const float* weights, const IgemmRows& rows,
                 const IgemmEpilogue& epilogue, const float* next = nullptr);

// The same for one of the segments, whose weights begin at `weights`. Activations that the tiles
// leave are applied to some rows at a time while these are in L1; rows that follow each other
// without a gap are one stretch, so that few channels fill whole vectors.
void igemm_segment(const IgemmTiles& tiles, const ChannelBlock& block, const KSegment& segment,
                   bool first, bool last, const float* weights, const IgemmRows& rows,
                   const IgemmEpilogue& epilogue, const float* next = nullptr);

// Packs taps [segment.tap, ...) and k [segment.offset, ...) of one block.
void pack_segment(const IgemmTiles& tiles, const ChannelBlock& block, const KSegment& segment,
                  const WeightView& view, float* out);

}  // namespace striate

#endif  // STRIATE_KERNELS_IGEMM_PACKED_WEIGHTS_H
