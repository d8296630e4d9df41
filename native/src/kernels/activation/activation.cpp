#include "kernels/activation/activation.h"

#include <math.h>

#include "base/failure.h"

namespace striate {

void check_activation(const Activation& a) {
  if (a.kind < STRIATE_ACT_NONE || a.kind > STRIATE_ACT_CLIP)
    fail(STRIATE_INVALID_ARGUMENT, "activation is %d, which is no striate_activation", a.kind);
  const bool uses_alpha = a.kind == STRIATE_ACT_LEAKY_RELU || a.kind == STRIATE_ACT_ELU ||
                          a.kind == STRIATE_ACT_SELU || a.kind == STRIATE_ACT_SCALED_TANH ||
                          a.kind == STRIATE_ACT_HARD_SIGMOID || a.kind == STRIATE_ACT_CLIP;
  const bool uses_beta =
      uses_alpha && a.kind != STRIATE_ACT_LEAKY_RELU && a.kind != STRIATE_ACT_ELU;
  if ((uses_alpha && isnan(a.alpha)) || (uses_beta && isnan(a.beta)))
    fail(STRIATE_INVALID_ARGUMENT, "alpha %g or beta %g of activation %d is not a number",
         static_cast<double>(a.alpha), static_cast<double>(a.beta), a.kind);
  if (a.kind == STRIATE_ACT_CLIP && a.alpha > a.beta)
    fail(STRIATE_INVALID_ARGUMENT, "clip from %g to %g: the lower limit is above the upper one",
         static_cast<double>(a.alpha), static_cast<double>(a.beta));
}

double activate_reference(double x, const Activation& activation) {
  const double a = static_cast<double>(activation.alpha);
  const double b = static_cast<double>(activation.beta);
  auto clamp = [](double v, double low, double high) {
    return v < low ? low : v > high ? high : v;
  };
  switch (activation.kind) {
    case STRIATE_ACT_RELU:
      return x < 0 ? 0 : x;
    case STRIATE_ACT_LEAKY_RELU:
      return x < 0 ? a * x : x;
    case STRIATE_ACT_ELU:
      return x < 0 ? a * expm1(x) : x;
    case STRIATE_ACT_SELU:
      return b * (x < 0 ? a * expm1(x) : x);
    case STRIATE_ACT_SIGMOID:
      return 1 / (1 + exp(-x));
    case STRIATE_ACT_TANH:
      return tanh(x);
    case STRIATE_ACT_SCALED_TANH:
      return a * tanh(b * x);
    case STRIATE_ACT_HARD_SIGMOID:
      return clamp(a * x + b, 0, 1);
    case STRIATE_ACT_HARD_SWISH:
      return x * clamp(x / 6 + 0.5, 0, 1);
    case STRIATE_ACT_GELU:
      return x / 2 * erfc(-x / sqrt(2.0));
    case STRIATE_ACT_GELU_TANH:
      return x / (1 + exp(-2 * sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case STRIATE_ACT_SILU:
      return x / (1 + exp(-x));
    case STRIATE_ACT_CLIP:
      return clamp(x, a, b);
    default:
      return x;
  }
}

}  // namespace striate
