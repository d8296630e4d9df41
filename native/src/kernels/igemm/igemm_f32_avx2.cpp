#define STRIATE_ISA avx2
#include "kernels/igemm/igemm_simd.h"

namespace striate {
namespace avx2 {

// One row of two vectors has two chains of additions, 16 bytes of weights in a cycle where L1 and
// L2 give 32: four vectors (Zen 3, one thread, conv_bench, from L1 to L3: 5408 to 128 58 -> 39 us,
// 2048 to 1000 180 -> 117; from memory equal).
static constexpr IgemmTiles make_few_rows_tiles() {
  IgemmTiles tiles{STRIATE_ISA_AVX2, Vec::kLanes, 4, {8, 6, 4, 3}, {}, {}, activate};
  fill<8, 1>(tiles);
  fill<6, 2>(tiles);
  fill<4, 3>(tiles);
  fill<3, 4>(tiles);
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
