// Convolution as implicit GEMM by indirection: which pixels, taps and channels make up a micro
// tile (kernels/igemm). One code for conv 1-D to 3-D, 1x1, strided, dilated, grouped, transposed.
//
// Loop order of a tile range: (phase, image group, pixel block) -> pointer table -> channel block
//   -> k segment -> micro tile. Where the packed weights of a group fit half of L2, channel blocks
//   are the inner tile index and pixels the outer, else the other way round.
// Pixels: one flat list over N*OD*OH*OW, so a micro tile may cross rows and images and no width has
// a
//   remainder of its own. A tap that falls outside points to a row of zeros.
// Order of the list: row by row, or, where padding takes a share of the columns, the inner pixels
//   first and then the edges side by side, so that a micro tile has pixels that lack the same taps
//   and skips these (conv_igemm_order.cpp).
// Phases: a transposed convolution with stride S falls into S^d ordinary convolutions of stride 1,
// one
//   for each residue of the output index, each with the taps that reach it: only real work is done.
//   An ordinary convolution is one phase.
// Few input channels (stem): rows are copied into scratch with their padding, channel by channel
//   dense, so that (kw, ic) becomes one run; where x is dense and unpadded, no copy is needed. The
//   copy also takes any source layout, NCHW for one. Order of summation stays the same.
#ifndef STRIATE_KERNELS_CONV_CONV_IGEMM_H
#define STRIATE_KERNELS_CONV_CONV_IGEMM_H

#include <stdint.h>

#include <vector>

#include "kernels/bias/padded_bias.h"
#include "kernels/conv/conv.h"
#include "kernels/igemm/packed_weights.h"

namespace striate {

class ConvIgemm : public Kernel {
 public:
  ConvIgemm(const Request& request, const IgemmTiles& tiles, bool depthwise);
  // Empty when it can do the request.
  static std::string can_do(const Request& request, bool depthwise);

  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override;
  int64_t tiles() const override { return tile_count_; }
  int64_t scratch_bytes() const override { return scratch_.bytes; }
  int64_t packed_bytes() const override { return packed_bytes_; }

 private:
  enum class Source {
    kDirect,  // taps point into x
    kMerged,  // taps point into x, kw and ic are one run
    kCopied,  // taps point into padded rows in scratch
  };
  struct Tap {
    int64_t offset[3];  // source index = pixel * step + offset
    int64_t column;     // offset[2], in a copied row counted from its left padding
    // output columns whose source lies inside
    int64_t valid_begin, valid_end;
  };
  // Output pixels that follow each other in the list and read the same taps.
  struct Stretch {
    int64_t pixel;  // in the list
    int64_t n, h, w;
    bool down;    // they are neighbours in a column, else in a row
    bool inside;  // no tap falls outside of x
  };
  struct Phase {
    int64_t count[4];               // output pixels: N (1 where copied), D, H, W
    int64_t origin[3], spacing[3];  // output index = origin + pixel * spacing
    int64_t step[3];
    std::vector<Tap> taps;
    std::vector<int64_t> tap_offsets;    // from the first tap, where both lie inside
    bool columns_inside, inside;         // no tap of any pixel falls outside: of a row, of x
    int64_t first_row, last_row;         // least and greatest row offset of a tap
    std::vector<PackedWeights> weights;  // of each group
    std::vector<Stretch> stretches;      // the list's order; empty: row by row
    std::vector<IgemmGroup> groups;      // of the list's pixels, those inside by themselves
    int64_t pixels, block, blocks;       // in the list; of a tile; tiles along the list
    int64_t tiles;
  };
  struct Scratch {
    int64_t dst, residual, bias, rows;  // byte offsets after the pointer table
    int64_t bytes;
  };
  struct Position;
  struct Range {  // what one pass of the micro tile covers
    int64_t image, group, pixel, pixels;
  };

  // The share of taps that fall outside of x to the left and right.
  static double missing_columns(const ConvGeometry& g);
  void plan_phases();
  void add_phase(const int64_t residue[3]);
  void pack(Phase& phase, const Request& request);
  void plan_pointers();
  void plan_steps(Phase& phase);
  void plan_order(Phase& phase);
  void plan_tiles(int threads);
  void plan_scratch(const Request& request);
  // Whether no tap of the range falls outside of x, so that one pointer a pixel tells all of them.
  bool is_inside(const Phase& phase, const Range& range) const noexcept;
  const float* copy_rows(const Phase& phase, const Range& range, const float* src,
                         float* rows) const noexcept;
  // Fills the table for the first `taps` taps.
  void point_rows(const Phase& phase, const Range& range, const float* src, size_t taps,
                  const float** table, float* rows) const noexcept;
  void point_outputs(const Phase& phase, const Range& range, float* base, const int64_t strides[4],
                     bool linear, float** table) const noexcept;

  const IgemmTiles& tiles_;
  const bool depthwise_;
  ConvGeometry g_;  // depthwise: of one group that holds all channels
  int64_t repeat_;  // output channels per input channel of a depthwise convolution
  Source source_;
  bool pixels_outer_;
  bool far_;         // x does not stay in L2
  int64_t images_;   // outer loop: N where copied, else 1
  int64_t run_;      // k per tap
  int64_t row_;      // channels of a source pixel that a tap reads, repeated ones counted
  bool merged_;      // a tap is a whole kernel row
  int64_t columns_;  // pixels of a copied row
  int64_t row_stride_, column_stride_;  // of x or of the copied rows
  // pixel i of the flat list lies at base + i * a constant
  bool linear_src_, linear_dst_, linear_residual_;
  int64_t max_pixels_;  // in one pointer table
  int64_t blocks_;      // channel blocks
  int64_t padded_;      // channels of a group, rounded up to lanes
  std::vector<Phase> phases_;
  PaddedBias bias_;
  AlignedBuffer zeros_;  // one row of the longest run
  Scratch scratch_;
  int64_t tile_count_ = 0;
  int64_t packed_bytes_ = 0;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_CONV_IGEMM_H
