#define STRIATE_ISA avx2
#include "kernels/igemm/igemm_simd.h"

namespace striate {
namespace avx2 {

constinit const IgemmTiles igemm_tiles = []() constexpr {
  IgemmTiles tiles{STRIATE_ISA_AVX2, Vec::kLanes, 2, {8, 6, 0, 0}, {}};
  fill<8, 1>(tiles);
  fill<6, 2>(tiles);
  return tiles;
}
();

}  // namespace avx2
}  // namespace striate
