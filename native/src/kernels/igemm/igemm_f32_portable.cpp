#define STRIATE_ISA portable
#include "kernels/igemm/igemm_simd.h"

namespace striate {
namespace portable {

constinit const IgemmTiles igemm_tiles = []() constexpr {
  IgemmTiles tiles{STRIATE_ISA_PORTABLE, Vec::kLanes, 2, {8, 4, 0, 0}, {}};
  fill<8, 1>(tiles);
  fill<4, 2>(tiles);
  return tiles;
}
();

}  // namespace portable
}  // namespace striate
