#define STRIATE_ISA avx2
#include "kernels/conv/depthwise_simd.h"

namespace striate {
namespace avx2 {

static constexpr IgemmTiles make_tiles() {
  IgemmTiles tiles{STRIATE_ISA_AVX2, Vec::kLanes, 2, {8, 6, 0, 0}, {}, {}, activate};
  fill_depthwise<8, 1>(tiles);
  fill_depthwise<6, 2>(tiles);
  return tiles;
}

constinit const IgemmTiles depthwise_tiles = make_tiles();

}  // namespace avx2
}  // namespace striate
