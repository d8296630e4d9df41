// UNARY, BINARY, PRELU and BATCH_NORM against the definition.
#include <math.h>

#include "kernels/activation/activation.h"
#include "ops/op_check.h"

namespace striate::test {
namespace {

const double kU = ldexp(1.0, -24);

const Dims kShapes[] = {{1},
                        {15},
                        {16},
                        {17},
                        {1031},
                        {2, 3},
                        {1, 1, 1, 1},
                        {2, 5, 3, 4},
                        {1, 16, 7, 7},
                        {1, 65, 6, 5},
                        {2, 3, 17, 13},
                        {1, 7, 2, 3, 5},
                        {3, 1, 4, 1, 2, 2},
                        {1, 64, 33, 31}};

// Error of an activation, as the head of activation_simd.h states it, with slope at most 2 in
// front.
Expected activated(double x, double x_bound, const Activation& a, bool exact) {
  const double y = activate_reference(x, a);
  const double slope = a.kind == STRIATE_ACT_SELU || a.kind == STRIATE_ACT_SCALED_TANH ? 2 : 1.2;
  const bool simple =
      a.kind == STRIATE_ACT_NONE || a.kind == STRIATE_ACT_RELU || a.kind == STRIATE_ACT_CLIP;
  // the rounding of an exponential's argument grows with it
  const double argument = a.kind == STRIATE_ACT_GELU        ? x * x / 2
                          : a.kind == STRIATE_ACT_GELU_TANH ? 2 * fabs(x + 0.044715 * x * x * x)
                                                            : 0;
  // alpha*x + beta may cancel
  const double cancelled = a.kind == STRIATE_ACT_HARD_SIGMOID
                               ? fabs(static_cast<double>(a.alpha) * x) + 0.5
                           : a.kind == STRIATE_ACT_HARD_SWISH ? fabs(x) * (fabs(x) / 6 + 0.5)
                                                              : 0;
  const double relative = 12 + 4 * fmin(argument, 104);
  return {
      y, exact && simple ? 0 : slope * x_bound + kU * (relative * fabs(y) + 3 * cancelled) + 1e-38};
}

Activation activation_number(int kind, Random& random) {
  Activation a{kind, 0, 0};
  if (kind == STRIATE_ACT_LEAKY_RELU || kind == STRIATE_ACT_ELU) a.alpha = 0.25f;
  if (kind == STRIATE_ACT_SELU) a = {kind, 1.6732632f, 1.050701f};
  if (kind == STRIATE_ACT_SCALED_TANH) a = {kind, 1.7159f, 2.0f / 3.0f};
  if (kind == STRIATE_ACT_HARD_SIGMOID) a = {kind, 0.25f, 0.5f};
  if (kind == STRIATE_ACT_CLIP) a = {kind, -1, static_cast<float>(random.integer(0, 6))};
  return a;
}

// A dimension is kept, or becomes 1.
Dims broadcast_of(const Dims& dims, Random& random) {
  Dims out = dims;
  for (int64_t& d : out)
    if (random.integer(0, 2) == 0) d = 1;
  return out;
}

Dims at_of(const Dims& out, const Dims& dims) {
  Dims at = out;
  for (size_t d = 0; d < dims.size(); ++d)
    if (dims[d] == 1) at[d] = 0;
  return at;
}

}  // namespace

TEST(unary_all_activations) {
  uint64_t number = seed() * 1000;
  for (const Dims& dims : kShapes)
    for (int kind = STRIATE_ACT_NONE; kind <= STRIATE_ACT_CLIP; ++kind)
      for (int layout = 0; layout < kLayouts; ++layout) {
        Random random(++number);
        const Activation a = activation_number(kind, random);
        const striate_unary_params p{a.kind, a.alpha, a.beta};
        OpTest test(STRIATE_OP_UNARY, &p, sizeof p, number);
        const striate_tensor_desc desc = layout_number(layout, dims, random);
        std::vector<float> values;
        each_index(dims, [&](const Dims&) { values.push_back(8 * random.real()); });
        const Values& x = test.src(desc, values);
        const bool onto = number % 3 == 0;
        test.dst(onto ? desc : random_layout(dims, random));
        test.run(
            [&](const Dims& out) {
              // HARD_SIGMOID and HARD_SWISH round alpha*x + beta once more
              return activated(x.at(out), 0, a, true);
            },
            "unary " + std::to_string(kind));
        if (onto) test.run_onto(0);
      }
}

TEST(unary_special_values) {
  const std::vector<float> values = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-40f, 3e38f, -3e38f};
  for (int kind = STRIATE_ACT_NONE; kind <= STRIATE_ACT_CLIP; ++kind) {
    Random random(1);
    const Activation a = activation_number(kind, random);
    const striate_unary_params p{a.kind, a.alpha, a.beta};
    OpTest test(STRIATE_OP_UNARY, &p, sizeof p, 3);
    const Values& x = test.src(row_major({8}), values);
    test.dst(row_major({8}));
    test.run(
        [&](const Dims& out) {
          const double v = x.at(out);
          if (isnan(v)) return Expected{NAN, 0};
          if (kind == STRIATE_ACT_GELU && isinf(v) && v < 0) return Expected{0, 0};
          // x*sigmoid(x) at -infinity is -infinity*0: NaN, as in other implementations
          const bool product = kind == STRIATE_ACT_SILU || kind == STRIATE_ACT_GELU_TANH ||
                               kind == STRIATE_ACT_GELU || kind == STRIATE_ACT_HARD_SWISH;
          const double y = activate_reference(v, a);
          if (product && (isinf(v) || fabs(v) > 1e30)) return Expected{y, INFINITY};
          return Expected{y, 12 * kU * fabs(y) + 1e-38};
        },
        "special values, activation " + std::to_string(kind));
  }
}

static Activation activation_of_round(int round, Random& random) {
  static const striate_activation kinds[] = {STRIATE_ACT_RELU, STRIATE_ACT_TANH, STRIATE_ACT_NONE,
                                             STRIATE_ACT_NONE};
  return activation_number(kinds[round % 4], random);
}

TEST(binary_broadcast) {
  uint64_t number = seed() * 77;
  for (const Dims& dims : kShapes)
    for (int kind = STRIATE_BINARY_ADD; kind <= STRIATE_BINARY_DIV; ++kind)
      for (int round = 0; round < 12; ++round) {
        Random random(++number);
        const Activation a = activation_of_round(round, random);
        const striate_binary_params p{kind, a.kind, a.alpha, a.beta};
        OpTest test(STRIATE_OP_BINARY, &p, sizeof p, number);
        const bool exact = round % 2 == 0 && kind != STRIATE_BINARY_DIV;
        const auto draw = exact ? OpTest::Draw::kIntegers : OpTest::Draw::kReals;
        Dims a_dims = round < 6 ? dims : broadcast_of(dims, random);
        Dims b_dims = round % 3 == 0 ? dims : broadcast_of(dims, random);
        for (size_t d = 0; d < dims.size(); ++d)
          if (a_dims[d] == 1) b_dims[d] = dims[d];
        const int layout = round % kLayouts;
        const Values& x = test.src(layout_number(layout, a_dims, random), draw);
        const Values& y =
            test.src(layout_number(layout, b_dims, random),
                     kind == STRIATE_BINARY_DIV ? OpTest::Draw::kPositive : draw, round == 7);
        test.dst(layout_number(layout, dims, random));
        test.run(
            [&](const Dims& out) {
              const double l = x.at(at_of(out, a_dims)), r = y.at(at_of(out, b_dims));
              const double v = kind == STRIATE_BINARY_ADD   ? l + r
                               : kind == STRIATE_BINARY_SUB ? l - r
                               : kind == STRIATE_BINARY_MUL ? l * r
                                                            : l / r;
              return activated(v, kU * fabs(v), a, exact);
            },
            "binary " + std::to_string(kind));
      }
}

TEST(binary_multiply_add) {
  uint64_t number = seed() * 97;
  for (const Dims& dims : kShapes)
    for (int round = 0; round < 12; ++round) {
      Random random(++number);
      const Activation a = activation_of_round(round, random);
      const striate_binary_params p{STRIATE_BINARY_MUL, a.kind, a.alpha, a.beta};
      OpTest test(STRIATE_OP_BINARY, &p, sizeof p, number);
      const bool exact = round % 2 == 0;
      const auto draw = exact ? OpTest::Draw::kIntegers : OpTest::Draw::kReals;
      const Dims a_dims = round < 4 ? dims : broadcast_of(dims, random);
      Dims b_dims = round % 3 == 0 ? dims : broadcast_of(dims, random);
      for (size_t d = 0; d < dims.size(); ++d)
        if (a_dims[d] == 1) b_dims[d] = dims[d];
      const int layout = round % kLayouts;
      const Values& x = test.src(layout_number(layout, a_dims, random), draw);
      const Values& y = test.src(layout_number(layout, b_dims, random), draw, round == 7);
      const Values& z =
          test.src(layout_number(round < 8 ? layout : (round + 1) % kLayouts, dims, random), draw,
                   round == 9);
      test.dst(layout_number(layout, dims, random));
      test.run(
          [&](const Dims& out) {
            const double product = x.at(at_of(out, a_dims)) * y.at(at_of(out, b_dims));
            const double v = product + z.at(out);
            return activated(v, kU * (fabs(v) + fabs(product) * (1 + kU)), a, exact);
          },
          "multiply-add");
    }
}

TEST(binary_onto_operand) {
  Random random(9);
  const striate_binary_params p{STRIATE_BINARY_SUB, STRIATE_ACT_SIGMOID, 0, 0};
  for (int i = 0; i < 2; ++i) {
    OpTest test(STRIATE_OP_BINARY, &p, sizeof p, 4);
    const striate_tensor_desc desc = channels_last({2, 19, 9, 9}, 23);
    test.src(desc, OpTest::Draw::kReals);
    test.src(desc, OpTest::Draw::kReals);
    test.dst(desc);
    test.run_onto(i);
  }
}

TEST(multiply_add_onto_addend) {
  const striate_binary_params p{STRIATE_BINARY_MUL, STRIATE_ACT_RELU, 0, 0};
  OpTest test(STRIATE_OP_BINARY, &p, sizeof p, 5);
  const striate_tensor_desc desc = channels_last({2, 19, 9, 9}, 23);
  test.src(desc, OpTest::Draw::kReals);
  test.src(channels_last({2, 19, 1, 1}, 19), OpTest::Draw::kReals);
  test.src(desc, OpTest::Draw::kReals);
  test.dst(desc);
  test.run_onto(2);
}

TEST(prelu_broadcast) {
  uint64_t number = seed() * 177;
  for (const Dims& dims : kShapes)
    for (int round = 0; round < 10; ++round) {
      Random random(++number);
      OpTest test(STRIATE_OP_PRELU, nullptr, 0, number);
      Dims slope(dims.size(), 1);
      if (round % 2 == 0 && dims.size() > 1) slope[1] = dims[1];
      if (round % 3 == 0) slope = broadcast_of(dims, random);
      const int layout = round % kLayouts;
      const Values& x = test.src(layout_number(layout, dims, random), OpTest::Draw::kReals);
      const Values& s =
          test.src(layout_number(layout, slope, random), OpTest::Draw::kReals, round % 4 == 0);
      test.dst(layout_number(layout, dims, random));
      test.run(
          [&](const Dims& out) {
            const double v = x.at(out);
            const double y = v >= 0 ? v : v * s.at(at_of(out, slope));
            return Expected{y, kU * fabs(y)};
          },
          "prelu");
    }
}

TEST(batch_norm_all_layouts) {
  uint64_t number = seed() * 277;
  for (const Dims& dims : kShapes)
    for (int round = 0; round < 10 && dims.size() > 1; ++round) {
      Random random(++number);
      const Activation a =
          activation_number(round % 3 == 0 ? STRIATE_ACT_RELU : STRIATE_ACT_NONE, random);
      const striate_batch_norm_params p{1e-5f, a.kind, a.alpha, a.beta};
      OpTest test(STRIATE_OP_BATCH_NORM, &p, sizeof p, number);
      const int layout = round % kLayouts;
      const Values& x = test.src(layout_number(layout, dims, random), OpTest::Draw::kReals);
      const Dims c = {dims[1]};
      // constants all, none, or some
      auto constant = [&](int i) { return round % 3 == 0 || (round % 3 == 1 && i % 2 == 0); };
      const Values& scale = test.src(row_major(c), OpTest::Draw::kReals, constant(0));
      const Values& shift = test.src(row_major(c), OpTest::Draw::kReals, constant(1));
      const Values& mean = test.src(row_major(c), OpTest::Draw::kReals, constant(2));
      const Values& variance = test.src(row_major(c), OpTest::Draw::kPositive, constant(3));
      test.dst(layout_number(layout, dims, random));
      test.run(
          [&](const Dims& out) {
            const Dims at = {out[1]};
            const double f = scale.at(at) / sqrt(variance.at(at) + static_cast<double>(p.epsilon));
            const double product = f * (x.at(out) - mean.at(at));
            const double y = product + shift.at(at);
            return activated(y, 4 * kU * (fabs(product) + fabs(shift.at(at))), a, false);
          },
          "batch_norm");
      if (round == 0) {
        test.dst(test.request().src[0]);
        test.run_onto(0);
      }
    }
}

TEST(elementwise_rejects) {
  striate_unary_params unary{99, 0, 0};
  OwnedRequest request;
  request.op = STRIATE_OP_UNARY;
  request.params = &unary;
  request.params_bytes = sizeof unary;
  request.src = {row_major({2, 3})};
  request.dst = {row_major({2, 3})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "activation is 99");
  unary.activation = STRIATE_ACT_RELU;
  request.dst = {row_major({3, 2})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "[2, 3]");
  striate_binary_params binary{STRIATE_BINARY_ADD, STRIATE_ACT_NONE, 0, 0};
  request.op = STRIATE_OP_BINARY;
  request.params = &binary;
  request.params_bytes = sizeof binary;
  request.src = {row_major({2, 3}), row_major({2, 2})};
  request.dst = {row_major({2, 3})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "does not broadcast");
  request.src = {row_major({2, 1}), row_major({2, 1})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "broadcast to 1 in dimension 1");
  request.src = {row_major({2, 3}), row_major({2, 3}), row_major({2, 3})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "binary takes 2 src and 1 dst, not 3 and 1");
  binary.kind = STRIATE_BINARY_MUL;
  request.src[2] = row_major({2, 1});
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "c [2, 1]");
  striate_batch_norm_params norm{-1, STRIATE_ACT_NONE, 0, 0};
  request.op = STRIATE_OP_BATCH_NORM;
  request.params = &norm;
  request.params_bytes = sizeof norm;
  request.src = {row_major({2, 3}), row_major({3}), row_major({3}), row_major({3}), row_major({3})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "epsilon is -1");
  norm.epsilon = 0;
  request.src[3] = row_major({4});
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "mean is [4]");
}

TEST(elementwise_every_kernel_ran) {
  check_all_run(STRIATE_OP_UNARY);
  check_all_run(STRIATE_OP_BINARY);
  check_all_run(STRIATE_OP_PRELU);
  check_all_run(STRIATE_OP_BATCH_NORM);
}

}  // namespace striate::test
