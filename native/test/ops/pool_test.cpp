// Pooling: all kinds, 1 to 3 spatial dimensions, any layout, against the definition.
#include <math.h>

#include "ops/op_check.h"

namespace striate::test {
namespace {

struct PoolCase {
  Dims src;
  striate_pool_params p;
  bool ceil;

  Dims dst() const {
    Dims out = {src[0], src[1]};
    for (int i = 0; i < p.spatial_rank; ++i) {
      const int64_t room = src[static_cast<size_t>(i) + 2] + p.pad_begin[i] + p.pad_end[i] -
                           (p.kernel[i] - 1) * p.dilation[i] - 1;
      int64_t o = room / p.stride[i] + 1;
      if (ceil && room % p.stride[i] != 0 &&
          o * p.stride[i] < src[static_cast<size_t>(i) + 2] + p.pad_begin[i])
        ++o;
      out.push_back(o);
    }
    return out;
  }
  std::string text() const {
    std::string t = "kind " + std::to_string(p.kind) + " p " + std::to_string(p.p);
    for (int i = 0; i < p.spatial_rank; ++i)
      t += " [k" + std::to_string(p.kernel[i]) + " s" + std::to_string(p.stride[i]) + " d" +
           std::to_string(p.dilation[i]) + " p" + std::to_string(p.pad_begin[i]) + "+" +
           std::to_string(p.pad_end[i]) + "]";
    return t;
  }
};

Expected reference(const PoolCase& c, const Values& x, const Values* weights, const Dims& out,
                   bool integers) {
  const striate_pool_params& p = c.p;
  double sum = 0, magnitude = 0, weight_sum = 0, top = -HUGE_VAL;
  int64_t real = 0, padded = 0;
  Dims taps(p.kernel, p.kernel + p.spatial_rank);
  each_index(taps, [&](const Dims& k) {
    Dims at = {out[0], out[1]};
    bool inside = true, in_padding = true;
    for (int i = 0; i < p.spatial_rank; ++i) {
      const size_t s = static_cast<size_t>(i) + 2;
      at.push_back(out[s] * p.stride[i] + k[static_cast<size_t>(i)] * p.dilation[i] -
                   p.pad_begin[i]);
      inside = inside && at[s] >= 0 && at[s] < x.dims[s];
      in_padding = in_padding && at[s] < x.dims[s] + p.pad_end[i];
    }
    padded += in_padding;
    if (!inside) return;
    ++real;
    const double v = x.at(at);
    top = v > top || isnan(v) ? v : top;
    if (p.kind == STRIATE_POOL_LP) {
      sum += pow(fabs(v), static_cast<double>(p.p));
    } else if (p.kind == STRIATE_POOL_WEIGHTED) {
      const double w = weights->at(k);
      sum += w * v;
      magnitude += fabs(w * v);
      weight_sum += w;
    } else {
      sum += v;
      magnitude += fabs(v);
    }
  });
  const double u = ldexp(1.0, -24), n = static_cast<double>(real);
  switch (p.kind) {
    case STRIATE_POOL_MAX:
      return {top, 0};
    case STRIATE_POOL_LP: {
      const double y = pow(sum, 1 / static_cast<double>(p.p));
      return {y, (n + 4) * u * y};
    }
    case STRIATE_POOL_WEIGHTED: {
      const double y = sum / weight_sum;
      return {y, (2 * n + 4) * u * magnitude / weight_sum};
    }
    default: {
      const double y =
          sum / static_cast<double>(p.kind == STRIATE_POOL_AVERAGE_INCLUDE_PAD ? padded : real);
      // an exact sum, then one rounding: equal to the rounded quotient
      if (integers) return {static_cast<double>(static_cast<float>(y)), 0};
      return {y, (n + 2) * u * (magnitude / static_cast<double>(real) + fabs(y))};
    }
  }
}

void test_case(const PoolCase& c, int layout, bool integers, uint64_t seed) {
  OpTest test(STRIATE_OP_POOL, &c.p, sizeof c.p, seed);
  Random& random = test.random();
  const Values& x = test.src(layout_number(layout, c.src, random),
                             integers ? OpTest::Draw::kIntegers : OpTest::Draw::kReals);
  const Values* weights = nullptr;
  if (c.p.kind == STRIATE_POOL_WEIGHTED)
    weights = &test.src(row_major(Dims(c.p.kernel, c.p.kernel + c.p.spatial_rank)),
                        OpTest::Draw::kPositive, seed % 2 == 0);
  test.dst(
      layout_number(layout < 3 ? layout : static_cast<int>(random.integer(0, 4)), c.dst(), random));
  test.threads(static_cast<int>(random.integer(1, 3)));
  test.run([&](const Dims& out) { return reference(c, x, weights, out, integers); }, c.text());
}

PoolCase square(striate_pool_kind kind, Dims src, int64_t k, int64_t s, int64_t pad, bool ceil) {
  PoolCase c{src, {}, ceil};
  c.p.kind = kind;
  c.p.spatial_rank = static_cast<int32_t>(src.size()) - 2;
  c.p.p = kind == STRIATE_POOL_LP ? 2 : 0;
  for (int i = 0; i < c.p.spatial_rank; ++i) {
    c.p.kernel[i] = k;
    c.p.stride[i] = s;
    c.p.dilation[i] = 1;
    c.p.pad_begin[i] = c.p.pad_end[i] = pad;
  }
  return c;
}

PoolCase random_case(Random& random) {
  PoolCase c;
  const int rank = static_cast<int>(random.integer(1, 3));
  static const int64_t channels[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 67, 130};
  c.src = {random.integer(1, 2), random.pick(channels)};
  c.p = {};
  c.p.kind = static_cast<int32_t>(random.integer(0, 4));
  static const float powers[] = {1, 2, 3, 2.5f, 7};
  c.p.p = c.p.kind == STRIATE_POOL_LP ? random.pick(powers) : 0;
  c.p.spatial_rank = rank;
  c.ceil = random.integer(0, 1) == 1;
  for (int i = 0; i < rank; ++i) {
    c.p.kernel[i] = random.integer(1, 4);
    c.p.stride[i] = random.integer(1, 3);
    c.p.dilation[i] = random.integer(1, 2);
    const int64_t extent = (c.p.kernel[i] - 1) * c.p.dilation[i] + 1;
    // a window always holds an element: padding stays below one step of the dilated window
    c.p.pad_begin[i] = random.integer(0, (c.p.kernel[i] - 1) * (c.p.dilation[i] == 1));
    c.p.pad_end[i] = random.integer(0, (c.p.kernel[i] - 1) * (c.p.dilation[i] == 1));
    const int64_t least = std::max<int64_t>(1, extent - c.p.pad_begin[i] - c.p.pad_end[i]);
    c.src.push_back(random.integer(least, least + (rank == 3 ? 5 : 20)));
  }
  return c;
}

}  // namespace

TEST(pool_network_shapes) {
  const PoolCase cases[] = {
      square(STRIATE_POOL_MAX, {1, 64, 56, 55}, 3, 2, 1, false),  // ResNet
      square(STRIATE_POOL_MAX, {2, 96, 27, 27}, 3, 2, 0, true),   // SqueezeNet, ceil
      square(STRIATE_POOL_MAX, {1, 20, 24, 24}, 2, 2, 0, false),  // LeNet
      square(STRIATE_POOL_AVERAGE_EXCLUDE_PAD, {1, 2048, 7, 7}, 7, 1, 0, false),
      square(STRIATE_POOL_AVERAGE_EXCLUDE_PAD, {3, 1000, 13, 13}, 13, 1, 0, false),
      square(STRIATE_POOL_AVERAGE_INCLUDE_PAD, {1, 33, 9, 10}, 3, 2, 1, true),
      square(STRIATE_POOL_AVERAGE_EXCLUDE_PAD, {1, 33, 9, 10}, 3, 2, 1, true),
      square(STRIATE_POOL_LP, {1, 17, 8, 8}, 2, 2, 0, false),
      square(STRIATE_POOL_WEIGHTED, {1, 17, 8, 8}, 3, 2, 1, false),
      square(STRIATE_POOL_MAX, {1, 5, 6, 7, 8}, 2, 2, 1, true),
      square(STRIATE_POOL_MAX, {1, 3, 1000}, 3, 2, 1, false),
  };
  uint64_t seed = 1;
  for (const PoolCase& c : cases)
    for (int layout = 0; layout < kLayouts; ++layout)
      for (const bool integers : {true, false}) test_case(c, layout, integers, ++seed);
}

TEST(pool_random) {
  for (uint64_t i = 0; i < 400; ++i) {
    Random random(seed() * 31337 + i);
    const PoolCase c = random_case(random);
    test_case(c, static_cast<int>(i % kLayouts), i % 2 == 0, seed() * 31337 + i);
  }
}

TEST(pool_nan_and_infinity) {
  // A NaN anywhere in a window is its maximum; -infinity is a value like others.
  const PoolCase c = square(STRIATE_POOL_MAX, {1, 19, 6, 6}, 3, 1, 1, false);
  for (int layout = 0; layout < 3; ++layout) {
    OpTest test(STRIATE_OP_POOL, &c.p, sizeof c.p, 5);
    std::vector<float> values(19 * 36);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = i % 37 == 0 ? NAN : i % 3 == 0 ? -INFINITY : static_cast<float>(i % 11);
    const Values& x = test.src(layout_number(layout, c.src, test.random()), values);
    test.dst(layout_number(layout, c.dst(), test.random()));
    test.run(
        [&](const Dims& out) {
          double top = -HUGE_VAL;
          for (int64_t h = -1; h < 2; ++h)
            for (int64_t w = -1; w < 2; ++w) {
              const Dims at = {0, out[1], out[2] + h, out[3] + w};
              if (at[2] < 0 || at[2] > 5 || at[3] < 0 || at[3] > 5) continue;
              const double v = x.at(at);
              if (isnan(v) || isnan(top))
                top = NAN;
              else
                top = v > top ? v : top;
            }
          return Expected{top, 0};
        },
        "NaN");
  }
}

TEST(pool_rejects) {
  PoolCase c = square(STRIATE_POOL_MAX, {1, 8, 9, 9}, 3, 2, 1, false);
  OwnedRequest request;
  request.op = STRIATE_OP_POOL;
  request.params = &c.p;
  request.params_bytes = sizeof c.p;
  request.src = {row_major(c.src)};
  request.dst = {row_major({1, 8, 6, 5})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "spatial dimension 0 of dst is 6");
  request.dst = {row_major({1, 9, 5, 5})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "equal N and C");
  request.dst = {row_major({1, 8, 5, 5})};
  c.p.pad_begin[1] = 3;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "3+1");
  c.p.pad_begin[1] = 1;
  c.p.stride[0] = 0;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "stride[0] is 0");
  c.p.stride[0] = 2;
  c.p.kernel[0] = int64_t{1} << 40;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "kernel[0]");
  c.p.kernel[0] = 3;
  c.p.kind = 9;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "kind is 9");
  c.p.kind = STRIATE_POOL_LP;
  c.p.p = 0.5f;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "p is 0.5");
  c.p.kind = STRIATE_POOL_WEIGHTED;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "2 src");
  c.p.kind = STRIATE_POOL_MAX;
  request.src[0].dtype = STRIATE_F64;
  check_rejected(request, STRIATE_UNSUPPORTED, "f32 only");
}

TEST(pool_every_kernel_ran) { check_all_run(STRIATE_OP_POOL); }

}  // namespace striate::test
