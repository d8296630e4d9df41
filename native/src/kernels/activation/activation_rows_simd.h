// activate(x[0..count)): the definition of activation.h's array function for one instruction set.
#include "kernels/activation/activation_simd.h"

namespace striate {
namespace STRIATE_ISA {

namespace {

template <striate_activation kKind>
void activate_all(float* x, int64_t count, float alpha, float beta) {
  constexpr int L = Vec::kLanes;
  const Activation activation{kKind, alpha, beta};
  int64_t i = 0;
  for (; i + L <= count; i += L) activate(Vec::load(x + i), activation).store(x + i);
  const int tail = static_cast<int>(count - i);
  if (tail > 0) activate(Vec::load(x + i, tail), activation).store(x + i, tail);
}

}  // namespace

// The kind is chosen once per call: constants stay in registers, and one loop holds one function.
void activate(float* x, int64_t count, const Activation& activation) {
  switch (activation.kind) {
    case STRIATE_ACT_NONE:
      return;
#define STRIATE_ALL(kind) \
  case kind:              \
    return activate_all<kind>(x, count, activation.alpha, activation.beta);
      STRIATE_ALL(STRIATE_ACT_RELU)
      STRIATE_ALL(STRIATE_ACT_LEAKY_RELU)
      STRIATE_ALL(STRIATE_ACT_ELU)
      STRIATE_ALL(STRIATE_ACT_SELU)
      STRIATE_ALL(STRIATE_ACT_SIGMOID)
      STRIATE_ALL(STRIATE_ACT_TANH)
      STRIATE_ALL(STRIATE_ACT_SCALED_TANH)
      STRIATE_ALL(STRIATE_ACT_HARD_SIGMOID)
      STRIATE_ALL(STRIATE_ACT_HARD_SWISH)
      STRIATE_ALL(STRIATE_ACT_GELU)
      STRIATE_ALL(STRIATE_ACT_GELU_TANH)
      STRIATE_ALL(STRIATE_ACT_SILU)
      STRIATE_ALL(STRIATE_ACT_CLIP)
#undef STRIATE_ALL
  }
}

}  // namespace STRIATE_ISA
}  // namespace striate
