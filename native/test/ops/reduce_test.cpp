// REDUCE over every set of axes, against the definition.
#include <math.h>

#include "ops/op_check.h"

namespace striate::test {
namespace {

void test_case(const Dims& dims, const striate_reduce_params& p, int layout, bool integers,
               uint64_t number) {
  OpTest test(STRIATE_OP_REDUCE, &p, sizeof p, number);
  const Values& x = test.src(layout_number(layout, dims, test.random()),
                             integers ? OpTest::Draw::kIntegers : OpTest::Draw::kReals);
  Dims out_dims = dims, reduced(dims.size(), 1);
  for (size_t d = 0; d < dims.size(); ++d)
    if (p.axes_mask >> d & 1) {
      reduced[d] = dims[d];
      out_dims[d] = 1;
    }
  test.dst(random_layout(out_dims, test.random()));
  test.threads(static_cast<int>(number % 3) + 1);
  test.run(
      [&](const Dims& out) {
        double sum = 0, magnitude = 0, top = -HUGE_VAL, n = 0;
        each_index(reduced, [&](const Dims& r) {
          Dims at = out;
          for (size_t d = 0; d < at.size(); ++d) at[d] += r[d];
          const double v = x.at(at);
          sum += v;
          magnitude += fabs(v);
          top = fmax(top, v);
          ++n;
        });
        const double u = ldexp(1.0, -24);
        if (p.kind == STRIATE_REDUCE_MAX) return Expected{top, 0};
        const double y = p.kind == STRIATE_REDUCE_MEAN ? sum / n : sum;
        if (integers) return Expected{static_cast<double>(static_cast<float>(y)), 0};
        return Expected{
            y, (n + 1) * u * magnitude / (p.kind == STRIATE_REDUCE_MEAN ? n : 1) + u * fabs(y)};
      },
      "kind " + std::to_string(p.kind) + " axes " + std::to_string(p.axes_mask));
}

}  // namespace

TEST(reduce_all_axes) {
  const Dims shapes[] = {{1},           {1000},         {5, 17},        {3, 65, 2},
                         {2, 15, 3, 5}, {1, 130, 7, 7}, {2, 16, 1, 33}, {2, 3, 4, 2, 5}};
  uint64_t number = seed() * 50;
  for (const Dims& dims : shapes)
    for (uint32_t mask = 0; mask < 1u << dims.size(); ++mask)
      for (int kind = STRIATE_REDUCE_SUM; kind <= STRIATE_REDUCE_MAX; ++kind)
        for (int layout = 0; layout < kLayouts; ++layout) {
          test_case(dims, {kind, mask}, layout, true, ++number);
          test_case(dims, {kind, mask}, layout, false, ++number);
        }
}

TEST(reduce_max_of_nan) {
  for (const uint32_t mask : {1u, 2u, 3u}) {
    const striate_reduce_params p{STRIATE_REDUCE_MAX, mask};
    OpTest test(STRIATE_OP_REDUCE, &p, sizeof p, 1);
    std::vector<float> values(4 * 41, -2.0f);
    values[41 + 9] = NAN;
    test.src(row_major({4, 41}), values);
    test.dst(row_major({mask & 1 ? 1 : 4, mask & 2 ? 1 : 41}));
    test.run(
        [&](const Dims& out) {
          const bool hit = mask == 3 || (mask == 1 && out[1] == 9) || (mask == 2 && out[0] == 1);
          return Expected{hit ? NAN : -2.0, 0};
        },
        "NaN");
  }
}

TEST(reduce_rejects) {
  striate_reduce_params p{STRIATE_REDUCE_SUM, 4};
  OwnedRequest request;
  request.op = STRIATE_OP_REDUCE;
  request.params = &p;
  request.params_bytes = sizeof p;
  request.src = {row_major({2, 3})};
  request.dst = {row_major({2, 1})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "axes_mask is 0x4");
  p.axes_mask = 1;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "dst is [2, 1]");
  p.kind = 3;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "kind is 3");
}

TEST(reduce_every_kernel_ran) { check_all_run(STRIATE_OP_REDUCE); }

}  // namespace striate::test
