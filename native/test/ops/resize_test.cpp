// RESIZE against the definition: every coordinate and rounding rule, 1 to 3 dimensions.
#include <math.h>

#include "ops/op_check.h"

namespace striate::test {
namespace {

// In f32, as the header of the contract's oracle: see resize_plan.cpp.
float coordinate(const striate_resize_params& p, int64_t o, size_t d, int64_t in, int64_t out) {
  const float index = static_cast<float>(o), s = p.scales[d];
  if (p.coordinates == STRIATE_RESIZE_ASYMMETRIC) return index / s;
  if (p.coordinates == STRIATE_RESIZE_ALIGN_CORNERS)
    return out == 1 ? 0
                    : static_cast<float>(static_cast<double>(o * (in - 1)) /
                                         static_cast<double>(out - 1));
  if (p.coordinates == STRIATE_RESIZE_PYTORCH_HALF_PIXEL && out == 1) return 0;
  return (index + 0.5f) / s - 0.5f;
}

int64_t nearest(const striate_resize_params& p, float at, int64_t in) {
  const double c = static_cast<double>(at);
  const double i = p.nearest == STRIATE_RESIZE_ROUND_PREFER_FLOOR  ? ceil(c - 0.5)
                   : p.nearest == STRIATE_RESIZE_ROUND_PREFER_CEIL ? floor(c + 0.5)
                   : p.nearest == STRIATE_RESIZE_FLOOR             ? floor(c)
                                                                   : ceil(c);
  return std::min(in - 1, std::max<int64_t>(0, static_cast<int64_t>(i)));
}

// Interpolates dimensions d and above of the index `at`.
double interpolate(const striate_resize_params& p, const Values& x, const Dims& out_dims,
                   const Dims& out, Dims at, size_t d, double* magnitude) {
  if (d == at.size()) {
    *magnitude = fmax(*magnitude, fabs(x.at(at)));
    return x.at(at);
  }
  const int64_t in = x.dims[d];
  const float c = coordinate(p, out[d], d, in, out_dims[d]);
  if (p.mode == STRIATE_RESIZE_NEAREST) {
    at[d] = nearest(p, c, in);
    return interpolate(p, x, out_dims, out, at, d + 1, magnitude);
  }
  const float clamped = fminf(fmaxf(c, 0), static_cast<float>(in - 1));
  const int64_t low = static_cast<int64_t>(clamped);
  const double t = static_cast<double>(clamped - static_cast<float>(low));
  at[d] = low;
  const double a = interpolate(p, x, out_dims, out, at, d + 1, magnitude);
  at[d] = std::min(low + 1, in - 1);
  return t == 0 ? a : a + t * (interpolate(p, x, out_dims, out, at, d + 1, magnitude) - a);
}

void test_case(const Dims& dims, const Dims& out_dims, striate_resize_params p, int layout,
               uint64_t number) {
  for (size_t d = 2; d < dims.size(); ++d)
    p.scales[d] = static_cast<float>(out_dims[d]) / static_cast<float>(dims[d]);
  OpTest test(STRIATE_OP_RESIZE, &p, sizeof p, number);
  const Values& x = test.src(layout_number(layout, dims, test.random()), OpTest::Draw::kReals);
  test.dst(layout_number(layout < 3 ? layout : 0, out_dims, test.random()));
  test.threads(static_cast<int>(number % 3) + 1);
  test.run(
      [&](const Dims& out) {
        double magnitude = 0;
        const double y = interpolate(p, x, out_dims, out, out, 2, &magnitude);
        return Expected{y, p.mode == STRIATE_RESIZE_NEAREST ? 0 : 16 * ldexp(1.0, -24) * magnitude};
      },
      "mode " + std::to_string(p.mode) + " coordinates " + std::to_string(p.coordinates) +
          " nearest " + std::to_string(p.nearest));
}

}  // namespace

TEST(resize_all_modes) {
  const struct {
    Dims from, to;
  } shapes[] = {{{1, 3, 5, 7}, {1, 3, 10, 14}},     {{2, 17, 6, 4}, {2, 17, 9, 3}},
                {{1, 16, 8, 8}, {1, 16, 3, 5}},     {{1, 4, 9}, {1, 4, 20}},
                {{1, 5, 3, 4, 5}, {1, 5, 6, 3, 7}}, {{1, 2, 4, 4}, {1, 2, 1, 1}},
                {{1, 1, 1, 6}, {1, 1, 4, 11}},      {{1, 70, 5, 5}, {1, 70, 5, 5}}};
  uint64_t number = seed() * 80;
  for (const auto& shape : shapes)
    for (int coordinates = 0; coordinates < 4; ++coordinates)
      for (int layout = 0; layout < kLayouts; ++layout) {
        striate_resize_params p{};
        p.coordinates = coordinates;
        p.mode = STRIATE_RESIZE_LINEAR;
        test_case(shape.from, shape.to, p, layout, ++number);
        p.mode = STRIATE_RESIZE_NEAREST;
        for (p.nearest = 0; p.nearest < 4; ++p.nearest)
          test_case(shape.from, shape.to, p, layout, ++number);
      }
}

TEST(resize_infinity_beside_an_exact_hit) {
  // Upsampling by 2 with aligned corners hits every second source element exactly.
  striate_resize_params p{};
  p.mode = STRIATE_RESIZE_LINEAR;
  p.coordinates = STRIATE_RESIZE_ALIGN_CORNERS;
  p.scales[2] = 9.0f / 5.0f;
  for (int layout = 0; layout < 2; ++layout) {
    OpTest test(STRIATE_OP_RESIZE, &p, sizeof p, 1);
    test.src(layout_number(layout, {1, 3, 5}, test.random()),
             {1, 2, INFINITY, 4, 5, 1, 2, INFINITY, 4, 5, 1, 2, INFINITY, 4, 5});
    test.dst(layout_number(layout, {1, 3, 9}, test.random()));
    const double expected[] = {1, 1.5, 2, HUGE_VAL, HUGE_VAL, HUGE_VAL, 4, 4.5, 5};
    test.run([&](const Dims& out) { return Expected{expected[out[2]], 0}; }, "infinity");
  }
}

TEST(resize_rejects) {
  striate_resize_params p{};
  OwnedRequest request;
  request.op = STRIATE_OP_RESIZE;
  request.params = &p;
  request.params_bytes = sizeof p;
  request.src = {row_major({1, 2, 3, 4})};
  request.dst = {row_major({1, 2, 6, 8})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "scales[2] is 0");
  p.scales[2] = p.scales[3] = 2;
  p.coordinates = 4;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "coordinates is 4");
  p.coordinates = 0;
  request.dst = {row_major({1, 3, 6, 8})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "equal N and C");
}

TEST(resize_every_kernel_ran) { check_all_run(STRIATE_OP_RESIZE); }

}  // namespace striate::test
