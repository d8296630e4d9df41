#define STRIATE_ISA portable
#include "kernels/igemm/igemm_simd.h"

namespace striate {
namespace portable {

static constexpr IgemmTiles make_tiles() {
  IgemmTiles tiles{STRIATE_ISA_PORTABLE, Vec::kLanes, 2, {8, 4, 0, 0}, {}, {}, activate};
  fill<8, 1>(tiles);
  fill<4, 2>(tiles);
  return tiles;
}

constinit const IgemmTiles igemm_tiles = make_tiles();

}  // namespace portable
}  // namespace striate
