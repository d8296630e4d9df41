#define STRIATE_ISA portable
#include "kernels/conv/depthwise_simd.h"

namespace striate {
namespace portable {

static constexpr IgemmTiles make_tiles() {
  IgemmTiles tiles{STRIATE_ISA_PORTABLE, Vec::kLanes, 2, {8, 4, 0, 0}, {}, {}, activate};
  fill_depthwise<8, 1>(tiles);
  fill_depthwise<4, 2>(tiles);
  return tiles;
}

constinit const IgemmTiles depthwise_tiles = make_tiles();

}  // namespace portable
}  // namespace striate
