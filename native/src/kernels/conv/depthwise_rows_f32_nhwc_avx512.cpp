#define STRIATE_ISA avx512
#include "kernels/conv/depthwise_strip_simd.h"

namespace striate {
namespace avx512 {

constinit const Strips depthwise_strips = make_depthwise_strips<7>(STRIATE_ISA_AVX512);

}  // namespace avx512
}  // namespace striate
