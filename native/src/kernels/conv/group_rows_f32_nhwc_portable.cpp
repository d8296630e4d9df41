#define STRIATE_ISA portable
#include "kernels/conv/group_strip_simd.h"

namespace striate {
namespace portable {

constinit const Strips group_strips = make_group_strips<5, 2>(STRIATE_ISA_PORTABLE, 2);

}  // namespace portable
}  // namespace striate
