#define STRIATE_ISA avx2
#include "kernels/igemm/igemm_simd.h"

namespace striate {
namespace avx2 {

// Few rows take the time of reading their weights. Two vectors of one row would be two chains of
// additions, 16 bytes in a cycle where L1 and L2 give 32: four. And the hardware runs ahead of each
// stream by itself, so four streams bring more from memory than one (Zen 3, one thread: 18 GB/s by
// one, 24 to 28 by three or more; conv_bench, 5408 to 128 from L3 58 us with 6x16, 39 with four
// vectors, 36 as streams; `--cold`, 9216 to 4096 8.1, 9.4 and 5.3 ms, 2048 to 1000 471, 496 and 300
// us).
static constexpr IgemmTiles make_few_rows_tiles() {
  IgemmTiles tiles{STRIATE_ISA_AVX2, Vec::kLanes, 4, {3, 3, 3, 3}, {}, {}, activate, nullptr, true};
  fill<3, 1, TileForm::kStreams>(tiles);
  fill<3, 2, TileForm::kStreams>(tiles);
  fill<3, 3, TileForm::kStreams>(tiles);
  fill<3, 4, TileForm::kStreams>(tiles);
  return tiles;
}

static constinit const IgemmTiles few_rows_tiles = make_few_rows_tiles();

static constexpr IgemmTiles make_tiles() {
  IgemmTiles tiles{STRIATE_ISA_AVX2, Vec::kLanes,    2, {8, 6, 0, 0}, {}, {},
                   activate,         &few_rows_tiles};
  fill<8, 1>(tiles);
  fill<6, 2>(tiles);
  return tiles;
}

constinit const IgemmTiles igemm_tiles = make_tiles();

}  // namespace avx2
}  // namespace striate
