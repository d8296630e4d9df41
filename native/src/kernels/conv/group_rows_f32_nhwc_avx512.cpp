#define STRIATE_ISA avx512
#include "kernels/conv/group_strip_simd.h"

namespace striate {
namespace avx512 {

constinit const Strips group_strips = make_group_strips<7, 2>(STRIATE_ISA_AVX512, 8);

}  // namespace avx512
}  // namespace striate
