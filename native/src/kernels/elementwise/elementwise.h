// Element-wise ops: UNARY, BINARY, PRELU and BATCH_NORM are one loop over lines of any strides,
// with another function of the operands inside.
#ifndef STRIATE_KERNELS_ELEMENTWISE_ELEMENTWISE_H
#define STRIATE_KERNELS_ELEMENTWISE_ELEMENTWISE_H

#include "kernels/activation/activation.h"
#include "kernels/strided/strided.h"

namespace striate {

struct ElementwisePlan {
  StridedLoop loop;
  Activation activation;
};

// Computes tiles [first, last); src and dst are base addresses.
using ElementwiseFunction = void (*)(const ElementwisePlan& plan, const float* const* src,
                                     float* dst, int64_t first, int64_t last);

// The functions of one instruction set.
struct ElementwiseFunctions {
  ElementwiseFunction unary;         // activation(x)
  ElementwiseFunction binary[4];     // activation(a op b), by striate_binary_kind
  ElementwiseFunction multiply_add;  // activation(a * b + c)
  ElementwiseFunction prelu;         // x >= 0 ? x : slope*x
  ElementwiseFunction
      normalize;  // activation((x - mean)*factor + shift); src: x, factor, mean, shift
};

namespace avx512 {
extern const ElementwiseFunctions elementwise_functions;
}
namespace avx2 {
extern const ElementwiseFunctions elementwise_functions;
}
namespace portable {
extern const ElementwiseFunctions elementwise_functions;
}

}  // namespace striate

#endif  // STRIATE_KERNELS_ELEMENTWISE_ELEMENTWISE_H
