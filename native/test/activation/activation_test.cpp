// activate() of every instruction set against double precision, and its special values.
#include "kernels/activation/activation.h"

#include <math.h>

#include "dispatch/cpu_features.h"
#include "support/guarded.h"
#include "support/harness.h"

namespace striate::test {
namespace {

struct Variant {
  striate_isa isa;
  ActivateFunction activate;
};

std::vector<Variant> variants() {
  std::vector<Variant> all = {{STRIATE_ISA_PORTABLE, portable::activate}};
#if defined(__x86_64__)
  if (cpu_isa() >= STRIATE_ISA_AVX2) all.push_back({STRIATE_ISA_AVX2, avx2::activate});
  if (cpu_isa() >= STRIATE_ISA_AVX512) all.push_back({STRIATE_ISA_AVX512, avx512::activate});
#endif
  return all;
}

// Error bound in units in the last place of the result, over |x| <= 30, without and with FMA;
// `absolute` is for functions that cancel: x - x*Q, the tail of gelu.
struct Bound {
  striate_activation kind;
  float alpha, beta;
  double ulps;
  double absolute;  // times |x|, in units of 2^-24
};

const Bound kBounds[] = {
    {STRIATE_ACT_NONE, 0, 0, 0, 0},
    {STRIATE_ACT_RELU, 0, 0, 0, 0},
    {STRIATE_ACT_LEAKY_RELU, 0.01f, 0, 1, 0},
    {STRIATE_ACT_ELU, 1, 0, 4, 0},
    {STRIATE_ACT_SELU, 1.6732632f, 1.0507010f, 5, 0},
    {STRIATE_ACT_SIGMOID, 0, 0, 4, 0},
    {STRIATE_ACT_TANH, 0, 0, 5, 0},
    {STRIATE_ACT_SCALED_TANH, 1.7159f, 0.6666667f, 6, 0},
    {STRIATE_ACT_HARD_SIGMOID, 0.2f, 0.5f, 1, 1},
    {STRIATE_ACT_HARD_SWISH, 0, 0, 2, 1},
    {STRIATE_ACT_GELU, 0, 0, 6, 2},
    {STRIATE_ACT_GELU_TANH, 0, 0, 6, 2},
    {STRIATE_ACT_SILU, 0, 0, 5, 0},
    {STRIATE_ACT_CLIP, -1.5f, 6, 0, 0},
};

double ulp(double x) {
  int exponent;
  frexp(fabs(x), &exponent);
  return ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

}  // namespace

TEST(activation_accuracy) {
  for (const Variant& variant : variants())
    for (const Bound& bound : kBounds) {
      const Activation activation{bound.kind, bound.alpha, bound.beta};
      double worst = 0, worst_x = 0;
      std::vector<float> x;
      for (int i = -300000; i <= 300000; i += 7) x.push_back(static_cast<float>(i) * 1e-4f);
      for (int e = -40; e <= 4; ++e)
        for (float m : {1.0f, -1.0f, 1.37f, -1.91f}) x.push_back(ldexpf(m, e));
      std::vector<float> y = x;
      variant.activate(y.data(), static_cast<int64_t>(y.size()), activation);
      for (size_t i = 0; i < x.size(); ++i) {
        const double expected = activate_reference(static_cast<double>(x[i]), activation);
        const double allowed =
            bound.ulps * ulp(expected) + bound.absolute * fabs(static_cast<double>(x[i])) * 0x1p-24;
        const double error = fabs(static_cast<double>(y[i]) - expected);
        const double share = error == 0 ? 0 : allowed == 0 ? 1e9 : error / allowed;
        if (share > worst) worst = share, worst_x = static_cast<double>(x[i]);
      }
      CHECK(worst <= 1, "%s: activation %d at %.9g has %.2f times the allowed error",
            isa_name(variant.isa), bound.kind, worst_x, worst);
    }
}

TEST(activation_special_values) {
  const float inf = INFINITY;
  for (const Variant& variant : variants())
    for (const Bound& bound : kBounds) {
      const Activation activation{bound.kind, bound.alpha, bound.beta};
      float values[] = {NAN, inf, -inf, 1e30f, -1e30f, 0.0f, -0.0f, 104.0f, -104.0f};
      const float before[] = {NAN, inf, -inf, 1e30f, -1e30f, 0.0f, -0.0f, 104.0f, -104.0f};
      variant.activate(values, 9, activation);
      CHECK(isnan(values[0]), "%s: activation %d of NaN is %g", isa_name(variant.isa), bound.kind,
            static_cast<double>(values[0]));
      for (int i = 3; i < 9; ++i) {
        const double expected = activate_reference(static_cast<double>(before[i]), activation);
        CHECK(fabs(static_cast<double>(values[i]) - expected) <= 1e-6 * fabs(expected) + 1e-35,
              "%s: activation %d of %g is %g, not %g", isa_name(variant.isa), bound.kind,
              static_cast<double>(before[i]), static_cast<double>(values[i]), expected);
      }
    }
}

TEST(activation_touches_only_its_range) {
  for (const Variant& variant : variants())
    for (const Bound& bound : kBounds)
      for (int64_t count : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33})
        for (Flush flush : {Flush::kEnd, Flush::kFront}) {
          GuardedTensor x(row_major({count}), flush);
          x.fill([](int64_t i) { return static_cast<float>(i) * 0.3f - 2; });
          const std::vector<float> before = x.values();
          const Activation activation{bound.kind, bound.alpha, bound.beta};
          variant.activate(x.base(), count, activation);
          const std::vector<float> after = x.values();
          for (size_t i = 0; i < after.size(); ++i) {
            float alone = before[i];
            variant.activate(&alone, 1, activation);
            CHECK(alone == after[i], "%s: activation %d: element %zu of %lld depends on its place",
                  isa_name(variant.isa), bound.kind, i, static_cast<long long>(count));
          }
        }
}

}  // namespace striate::test
