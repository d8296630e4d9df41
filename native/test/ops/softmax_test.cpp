// SOFTMAX and its logarithm over every axis, against the definition.
#include <math.h>

#include "ops/op_check.h"

namespace striate::test {
namespace {

void test_case(const Dims& dims, int32_t axis, bool log, int layout, float scale, uint64_t number) {
  const striate_softmax_params p{axis, log};
  OpTest test(STRIATE_OP_SOFTMAX, &p, sizeof p, number);
  std::vector<float> values;
  each_index(dims, [&](const Dims&) { values.push_back(scale * test.random().real() - scale); });
  const Values& x = test.src(layout_number(layout, dims, test.random()), values);
  test.dst(layout_number(layout < 3 ? layout : 0, dims, test.random()));
  test.threads(static_cast<int>(number % 3) + 1);
  const size_t a = static_cast<size_t>(axis);
  test.run(
      [&](const Dims& out) {
        Dims at = out;
        double top = -HUGE_VAL, sum = 0;
        for (at[a] = 0; at[a] < dims[a]; ++at[a]) top = fmax(top, x.at(at));
        for (at[a] = 0; at[a] < dims[a]; ++at[a]) sum += exp(x.at(at) - top);
        const double u = ldexp(1.0, -24), n = static_cast<double>(dims[a]);
        const double shifted = x.at(out) - top;
        // exp: 3 ulp, and its argument is rounded; the sum: n-1 additions
        const double relative = (n + 10 + fabs(shifted)) * u;
        if (log) {
          const double y = shifted - ::log(sum);
          return Expected{y, relative + 3 * u * (fabs(shifted) + fabs(y))};
        }
        const double y = exp(shifted) / sum;
        return Expected{y, relative * y + 1e-44};
      },
      std::string(log ? "log_softmax" : "softmax") + " axis " + std::to_string(axis));
}

}  // namespace

TEST(softmax_all_axes) {
  const Dims shapes[] = {{1},           {10},          {1, 1000},      {7, 17},        {3, 16, 2},
                         {2, 15, 3, 5}, {1, 10, 1, 1}, {2, 33, 4, 17}, {1, 4, 3, 2, 5}};
  uint64_t number = seed() * 40;
  for (const Dims& dims : shapes)
    for (int32_t axis = 0; axis < static_cast<int32_t>(dims.size()); ++axis)
      for (int layout = 0; layout < kLayouts; ++layout)
        for (const float scale : {1.0f, 60.0f})
          for (const bool log : {false, true}) test_case(dims, axis, log, layout, scale, ++number);
}

TEST(softmax_special_values) {
  // -infinity has probability 0; a NaN spoils its own row only.
  for (const bool log : {false, true}) {
    const striate_softmax_params p{1, log};
    OpTest test(STRIATE_OP_SOFTMAX, &p, sizeof p, 1);
    std::vector<float> values(3 * 18, 1.0f);
    values[5] = -INFINITY;
    values[18 + 7] = NAN;
    test.src(row_major({3, 18}), values);
    test.dst(row_major({3, 18}));
    test.run(
        [&](const Dims& out) {
          if (out[0] == 1) return Expected{NAN, 0};
          const double n = out[0] == 0 ? 17 : 18;
          if (out[0] == 0 && out[1] == 5) return Expected{log ? -HUGE_VAL : 0.0, 0};
          return Expected{log ? -::log(n) : 1 / n, 1e-6};
        },
        "special values");
  }
}

TEST(softmax_rejects) {
  striate_softmax_params p{2, 0};
  OwnedRequest request;
  request.op = STRIATE_OP_SOFTMAX;
  request.params = &p;
  request.params_bytes = sizeof p;
  request.src = {row_major({2, 3})};
  request.dst = {row_major({2, 3})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "axis is 2");
  p.axis = -1;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "axis is -1");
}

TEST(softmax_every_kernel_ran) { check_all_run(STRIATE_OP_SOFTMAX); }

}  // namespace striate::test
