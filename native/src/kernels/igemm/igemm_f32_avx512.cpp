#define STRIATE_ISA avx512
#include "kernels/igemm/igemm_simd.h"

namespace striate {
namespace avx512 {

static constexpr IgemmTiles make_tiles() {
  IgemmTiles tiles{STRIATE_ISA_AVX512, Vec::kLanes, 4, {12, 12, 8, 6}, {}, {}, activate};
  fill<12, 1>(tiles);
  fill<12, 2>(tiles);
  fill<8, 3>(tiles);
  fill<6, 4>(tiles);
  fill_half<12, 2>(tiles);
  fill_half<8, 3>(tiles);
  fill_half<6, 4>(tiles);
  return tiles;
}

constinit const IgemmTiles igemm_tiles = make_tiles();

}  // namespace avx512
}  // namespace striate
