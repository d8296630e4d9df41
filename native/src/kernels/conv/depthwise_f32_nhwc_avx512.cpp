#define STRIATE_ISA avx512
#include "kernels/conv/depthwise_simd.h"

namespace striate {
namespace avx512 {

static constexpr IgemmTiles make_tiles() {
  IgemmTiles tiles{STRIATE_ISA_AVX512, Vec::kLanes, 4, {12, 12, 8, 6}, {}, {}, activate};
  fill_depthwise<12, 1>(tiles);
  fill_depthwise<12, 2>(tiles);
  fill_depthwise<8, 3>(tiles);
  fill_depthwise<6, 4>(tiles);
  return tiles;
}

constinit const IgemmTiles depthwise_tiles = make_tiles();

}  // namespace avx512
}  // namespace striate
