// Activation: which function ends a kernel, with its two parameters. Formulas: striate.h.
#ifndef STRIATE_KERNELS_ACTIVATION_ACTIVATION_H
#define STRIATE_KERNELS_ACTIVATION_ACTIVATION_H

#include <stdint.h>

#include "striate/striate.h"

namespace striate {

struct Activation {
  striate_activation kind;
  float alpha;
  float beta;
};

// Bit i: the micro tiles apply striate_activation i to their accumulators, because it costs an
// instruction or two. The others take a pass over dst with full vectors, by an ActivateFunction.
constexpr uint32_t kActivationsInRegisters =
    1u << STRIATE_ACT_NONE | 1u << STRIATE_ACT_RELU | 1u << STRIATE_ACT_CLIP;

constexpr bool is_in_registers(const Activation& activation) {
  return (kActivationsInRegisters >> activation.kind & 1) != 0;
}

// Floats of dst for one such pass: enough to forget what a call costs, 8 KB of L1.
constexpr int64_t kActivatedAtOnce = 2048;

// Throws Failure when `kind` is no striate_activation, or a parameter makes no sense.
void check_activation(const Activation& activation);

// Double precision, straight from the formula: what tests compare with.
double activate_reference(double x, const Activation& activation);

// x[0 .. count) = activation(x[0 .. count)), one implementation per instruction set.
using ActivateFunction = void (*)(float* x, int64_t count, const Activation& activation);

namespace avx512 {
void activate(float* x, int64_t count, const Activation& activation);
}
namespace avx2 {
void activate(float* x, int64_t count, const Activation& activation);
}
namespace portable {
void activate(float* x, int64_t count, const Activation& activation);
}

}  // namespace striate

#endif  // STRIATE_KERNELS_ACTIVATION_ACTIVATION_H
