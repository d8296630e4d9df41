#define STRIATE_ISA avx2
#include "kernels/conv/group_strip_simd.h"

namespace striate {
namespace avx2 {

constinit const Strips group_strips = make_group_strips<5, 2>(STRIATE_ISA_AVX2, 8);

}  // namespace avx2
}  // namespace striate
