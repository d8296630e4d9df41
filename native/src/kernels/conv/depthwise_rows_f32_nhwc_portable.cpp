#define STRIATE_ISA portable
#include "kernels/conv/depthwise_strip_simd.h"

namespace striate {
namespace portable {

constinit const Strips depthwise_strips = make_depthwise_strips<6>(STRIATE_ISA_PORTABLE);

}  // namespace portable
}  // namespace striate
