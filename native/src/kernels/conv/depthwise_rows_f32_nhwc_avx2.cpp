#define STRIATE_ISA avx2
#include "kernels/conv/depthwise_strip_simd.h"

namespace striate {
namespace avx2 {

constinit const Strips depthwise_strips = make_depthwise_strips<6>(STRIATE_ISA_AVX2);

}  // namespace avx2
}  // namespace striate
