// LRN across and within channels against the definition.
#include <math.h>

#include "ops/op_check.h"

namespace striate::test {
namespace {

void test_case(const Dims& dims, const striate_lrn_params& p, int layout, uint64_t number) {
  OpTest test(STRIATE_OP_LRN, &p, sizeof p, number);
  const Values& x = test.src(layout_number(layout, dims, test.random()), OpTest::Draw::kReals);
  test.dst(layout_number(layout < 3 ? layout : 0, dims, test.random()));
  test.threads(static_cast<int>(number % 3) + 1);
  const int64_t before = (p.size - 1) / 2, after = p.size - 1 - before;
  test.run(
      [&](const Dims& out) {
        double sum = 0;
        auto add = [&](const Dims& at) {
          for (size_t d = 0; d < at.size(); ++d)
            if (at[d] < 0 || at[d] >= dims[d]) return;
          sum += x.at(at) * x.at(at);
        };
        for (int64_t i = -before; i <= after; ++i) {
          Dims at = out;
          if (!p.within) {
            at[1] += i;
            add(at);
            continue;
          }
          for (int64_t j = -before; j <= after; ++j) {
            at[2] = out[2] + i;
            at[3] = out[3] + j;
            add(at);
          }
        }
        const double n = static_cast<double>(p.size);
        const double u =
            static_cast<double>(p.k) + static_cast<double>(p.alpha) / (p.within ? n * n : n) * sum;
        const double y = x.at(out) / pow(u, static_cast<double>(p.beta));
        const double terms = p.within ? n * n : n;
        return Expected{
            y, ((terms + 4) * fabs(static_cast<double>(p.beta)) + 4) * ldexp(1.0, -24) * fabs(y) +
                   1e-40};
      },
      "size " + std::to_string(p.size) + " beta " + std::to_string(p.beta));
}

}  // namespace

TEST(lrn_shapes) {
  const Dims shapes[] = {{1, 1, 3, 3},  {1, 3, 5, 6},   {2, 15, 4, 4},   {1, 16, 3, 5},
                         {1, 17, 3, 3}, {1, 64, 9, 11}, {1, 96, 13, 13}, {2, 33, 1, 7}};
  uint64_t number = seed() * 10;
  for (const Dims& dims : shapes)
    for (const int64_t size : {1, 2, 3, 5, 8})
      for (const float beta : {0.75f, 0.5f, 1.0f, 0.6f})
        for (int within = 0; within < 2; ++within) {
          ++number;
          test_case(dims, {size, size == 5 ? 1e-4f : 0.5f, beta, size == 5 ? 1.0f : 2.0f, within},
                    static_cast<int>(number % kLayouts), number);
        }
  test_case({2, 33}, {5, 0.5f, 0.75f, 1, 0}, 0, 3);
  test_case({1, 100, 2, 2}, {90, 0.5f, 0.75f, 1, 0}, 1, 4);  // a wide window
}

TEST(lrn_rejects) {
  striate_lrn_params p{5, 1e-4f, 0.75f, 1, 1};
  OwnedRequest request;
  request.op = STRIATE_OP_LRN;
  request.params = &p;
  request.params_bytes = sizeof p;
  request.src = {row_major({2, 3, 4})};
  request.dst = {row_major({2, 3, 4})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "N, C, H, W");
  p.within = 0;
  p.size = 0;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "size is 0");
  p.size = 5;
  p.k = 0;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "k is 0");
}

TEST(lrn_every_kernel_ran) { check_all_run(STRIATE_OP_LRN); }

}  // namespace striate::test
