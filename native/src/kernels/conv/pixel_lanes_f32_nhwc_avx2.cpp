#define STRIATE_ISA avx2
#include "kernels/conv/pixel_lanes_simd.h"

namespace striate {
namespace avx2 {

constinit const PixelLanes pixel_lanes = make_pixel_lanes(STRIATE_ISA_AVX2);

}  // namespace avx2
}  // namespace striate
