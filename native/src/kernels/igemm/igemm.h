// Implicit GEMM by indirection: the micro tile that convolution, transposed convolution, dense
// layers and matrix products share.
//
//   dst[r][c] = activation(bias[c] + sum_t sum_k src[t][r][k] * weights[t][k][c] + residual[r][c])
//
// for R rows (output pixels) and V vectors of output channels. Where the rows come from is a table
// of pointers, one per tap t and row r: a padded pixel is a pointer to a row of zeros, so
// no variant of a convolution needs an inner loop of its own. Where no row meets padding, a tap is
// one step from the first for all rows, and one pointer per row and one step per tap say the same.
//
// Sums run in order of t, then k, in one accumulator that starts at the bias, so a result does not
// depend on R, V or how the work is split. A tap whose R rows all lie in the padding is skipped:
// that leaves out additions of +-0 only, and since +0 is added before the activation, the sign
// of an underflowed zero cannot differ either. With weights that are infinite or NaN, 0 * weight
// matters; then `zero_row` is null and nothing is skipped.
#ifndef STRIATE_KERNELS_IGEMM_IGEMM_H
#define STRIATE_KERNELS_IGEMM_IGEMM_H

#include <stdint.h>

#include "kernels/activation/activation.h"

namespace striate {

struct IgemmTileArgs {
  const float* const* src;  // [taps][src_tap_stride], the first R of each row count
  int64_t src_tap_stride;
  // Or, for taps that are steps between them: [taps], what to add to src[0 .. R); null: a table.
  const int64_t* tap_offsets;
  // The same of the row tile that follows, whose `run` floats are fetched; null: not.
  const float* const* next_src;
  int64_t src_offset;     // added to every source pointer: where this block of k starts
  const float* zero_row;  // a tap is skipped when all its pointers equal this; null: never
  int64_t taps;
  int64_t run;                   // k per tap, >= 1
  const float* weights;          // [taps][run][V * lanes], or streams: [V][taps][run][lanes]
  int next_lines;                // lines fetched into L2 per step of k: 0, 1, 2 or kOwnLines
  const float* next;             // the first of them ...
  int64_t next_step;             // ... so many floats further per step
  int64_t next_gap;              // from the first line of a step to the second
  const float* bias;             // [V * lanes], read when `first`
  float* const* dst;             // R pointers
  const float* const* residual;  // R pointers, or null
  int64_t channel;               // added to every dst and residual pointer
  int32_t tail;                  // channels in the last vector, 1 .. lanes
  bool first;                    // start from the bias, else from what dst holds
  bool last;                     // add the residual and apply the activation
  Activation activation;         // of kActivationsInRegisters; others do nothing here
};

// In place of them, for tiles of less than kPrefetchRows: all lines of the tile's own weights, so
// many floats ahead.
constexpr int kOwnLines = 3;
constexpr int kOwnAhead = 24 * 16;

// Tiles of fewer rows read weights faster than prefetches can be issued.
constexpr int kPrefetchRows = 5;

using IgemmTile = void (*)(const IgemmTileArgs&);

// The micro tiles of one instruction set: tile[v - 1][r - 1] computes r rows x v vectors.
struct IgemmTiles {
  static constexpr int kMaxVectors = 4;
  static constexpr int kMaxRows = 12;
  striate_isa isa;
  int lanes;
  int vectors;                // of the main tile
  int max_rows[kMaxVectors];  // 0: no such tile
  IgemmTile tile[kMaxVectors][kMaxRows];
  // The same for blocks that use half of the last vector at most; null: no such tile.
  IgemmTile half[kMaxVectors][kMaxRows];
  ActivateFunction activate;  // for the activations that a tile leaves to its caller
  // Those for so few rows that the main tile would wait for its own sums; null: none.
  const IgemmTiles* few_rows = nullptr;
  // The weights of each vector lie by themselves, all k of a block in one segment.
  bool streams = false;
  int most_rows() const { return max_rows[vectors - 1]; }  // of the main tile
};

namespace avx512 {
extern const IgemmTiles igemm_tiles;
extern const IgemmTiles depthwise_tiles;
}  // namespace avx512
namespace avx2 {
extern const IgemmTiles igemm_tiles;
extern const IgemmTiles depthwise_tiles;
}  // namespace avx2
namespace portable {
extern const IgemmTiles igemm_tiles;
extern const IgemmTiles depthwise_tiles;
}  // namespace portable

// The sets that this library was built with, best first, null-terminated. Depthwise tiles
// (kernels/conv/depthwise_simd.h) have one k per tap, which differs from channel to channel.
extern const IgemmTiles* const kIgemmTiles[];
extern const IgemmTiles* const kDepthwiseTiles[];

}  // namespace striate

#endif  // STRIATE_KERNELS_IGEMM_IGEMM_H
