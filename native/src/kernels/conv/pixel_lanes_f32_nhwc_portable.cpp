#define STRIATE_ISA portable
#include "kernels/conv/pixel_lanes_simd.h"

namespace striate {
namespace portable {

constinit const PixelLanes pixel_lanes = make_pixel_lanes(STRIATE_ISA_PORTABLE);

}  // namespace portable
}  // namespace striate
