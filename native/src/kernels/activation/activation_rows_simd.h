// activate(x[0..count)): the definition of activation.h's array function for one instruction set.
#include "kernels/activation/activation_simd.h"

namespace striate {
namespace STRIATE_ISA {

void activate(float* x, int64_t count, const Activation& activation) {
  constexpr int L = Vec::kLanes;
  if (activation.kind == STRIATE_ACT_NONE) return;
  int64_t i = 0;
  for (; i + L <= count; i += L) activate(Vec::load(x + i), activation).store(x + i);
  const int tail = static_cast<int>(count - i);
  if (tail > 0) activate(Vec::load(x + i, tail), activation).store(x + i, tail);
}

}  // namespace STRIATE_ISA
}  // namespace striate
