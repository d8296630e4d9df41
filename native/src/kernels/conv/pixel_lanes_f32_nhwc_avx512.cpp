#define STRIATE_ISA avx512
#include "kernels/conv/pixel_lanes_simd.h"

namespace striate {
namespace avx512 {

constinit const PixelLanes pixel_lanes = make_pixel_lanes(STRIATE_ISA_AVX512);

}  // namespace avx512
}  // namespace striate
