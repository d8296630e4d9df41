// CONV_POOL: bit by bit the convolution by the kernel of the same name and the pooling after it.
#include <math.h>
#include <string.h>

#include <set>

#include "conv/conv_case.h"
#include "kernels/families.h"
#include "ops/op_check.h"

namespace striate::test {
namespace {

std::set<std::string>& seen() {
  static std::set<std::string> ids;
  return ids;
}

striate_pool_params squares(striate_pool_kind kind) {
  striate_pool_params p{};
  p.kind = kind;
  p.spatial_rank = 2;
  for (int i = 0; i < 2; ++i) p.kernel[i] = p.stride[i] = 2, p.dilation[i] = 1;
  return p;
}

// Layers that suit each algorithm: few terms, few outputs, or the taps of a Winograd form.
ConvCase random_case(Random& random) {
  ConvCase c;
  const int64_t kernels[] = {3, 3, 3, 5, 5, 1, 2};
  const striate_activation activations[] = {STRIATE_ACT_NONE, STRIATE_ACT_RELU, STRIATE_ACT_CLIP,
                                            STRIATE_ACT_TANH};
  c.n = random.integer(1, 3);
  c.kernel[0] = c.kernel[1] = random.pick(kernels);
  c.ic = random.integer(1, random.integer(0, 1) == 0 ? 4 : 40);
  c.oc = random.integer(1, random.integer(0, 1) == 0 ? 8 : 90);
  for (int i = 0; i < 2; ++i) {
    c.pad_begin[i] = random.integer(0, c.kernel[i] / 2);
    c.pad_end[i] = random.integer(0, c.kernel[i] / 2);
    c.in[i] = c.kernel[i] + random.integer(1, random.integer(0, 3) == 0 ? 75 : 20);
    c.stride[i] = random.integer(0, 4) == 0 ? 2 : 1;
    c.dilation[i] = 1;
  }
  for (int i = 0; i < 2; ++i)
    while (c.out(i) < 2) ++c.in[i];
  c.bias = random.integer(0, 3) != 0;
  c.activation = random.pick(activations);
  c.alpha = -1;
  c.beta = 2;
  c.src_gap = random.integer(0, 1) * 3;
  c.dst_gap = random.integer(0, 1) * 5;
  c.threads = random.integer(0, 1) == 0 ? 1 : 7;
  return c;
}

// -0 and 0 are different, any NaN equals any other.
bool same(float a, float b) { return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; }

void test_case(const ConvCase& c, striate_pool_kind kind, bool special, Random& random) {
  const Flush flush = random.integer(0, 1) == 0 ? Flush::kEnd : Flush::kFront;
  const std::vector<int64_t> full = c.dst_dims();
  std::vector<int64_t> pooled = full;
  for (size_t i = 2; i < 4; ++i) pooled[i] /= 2;
  GuardedTensor src(channels_last(c.src_dims(), c.ic + c.src_gap), flush);
  GuardedTensor weights(row_major(c.weight_dims()), flush), bias(row_major({c.oc}), flush);
  GuardedTensor between(channels_last(full, c.oc), flush);
  GuardedTensor expected(channels_last(pooled, c.oc + c.dst_gap), flush);
  GuardedTensor dst(expected.desc(), flush), again(expected.desc(), flush);
  const float values[] = {NAN, INFINITY, -INFINITY, -0.0f, 0.0f, 1e-40f};
  src.fill([&](int64_t) {
    return special && random.integer(0, 9) == 0 ? random.pick(values) : random.real();
  });
  weights.fill([&](int64_t) { return random.real(); });
  bias.fill([&](int64_t) { return random.real(); });

  striate_conv_pool_params params{c.params(), squares(kind)};
  OwnedRequest request;
  request.op = STRIATE_OP_CONV_POOL;
  request.params = &params;
  request.params_bytes = sizeof params;
  request.threads = c.threads;
  request.accuracy = STRIATE_ACCURACY_FAST;
  request.src = {src.desc(), weights.desc()};
  request.constants = {nullptr, weights.base()};
  std::vector<const void*> operands{src.base(), nullptr};
  if (c.bias) {
    request.src.push_back(bias.desc());
    request.constants.push_back(bias.base());
    operands.push_back(nullptr);
  }
  request.dst = {dst.desc()};
  OwnedRequest conv = request;
  conv.op = STRIATE_OP_CONV;
  conv.params = &params.conv;
  conv.params_bytes = sizeof params.conv;
  conv.dst = {between.desc()};
  OwnedRequest pool;
  pool.op = STRIATE_OP_POOL;
  pool.params = &params.pool;
  pool.params_bytes = sizeof params.pool;
  pool.src = {between.desc()};
  pool.dst = {expected.desc()};
  for (const std::string& id : able_kernels(request)) {
    seen().insert(id);
    const std::string what = id + ": " + c.text() + " kind " + std::to_string(kind);
    request.kernel_id = id;
    conv.kernel_id = "conv" + id.substr(strlen("conv_pool"));
    const TestKernel fused(request), first(conv), second(pool);
    if (!CHECK(fused.ok() && first.ok() && second.ok(), "%s: %s%s%s", what.c_str(),
               fused.error().c_str(), first.error().c_str(), second.error().c_str()))
      continue;
    between.reset();
    expected.reset();
    dst.reset();
    again.reset();
    CHECK(first.run(operands, {between.base()}) == STRIATE_OK &&
              second.run({between.base()}, {expected.base()}) == STRIATE_OK &&
              fused.run(operands, {dst.base()}) == STRIATE_OK &&
              fused.run_split(operands, {again.base()}, random) == STRIATE_OK,
          "%s: run", what.c_str());
    const std::vector<float> want = expected.values(), got = dst.values(), split = again.values();
    for (size_t i = 0; i < want.size(); ++i) {
      if (same(got[i], want[i]) && same(split[i], want[i])) continue;
      CHECK(false, "%s: element %zu is %.9g, in another tile partition %.9g, not %.9g",
            what.c_str(), i, static_cast<double>(got[i]), static_cast<double>(split[i]),
            static_cast<double>(want[i]));
      break;
    }
    CHECK(dst.gaps_untouched() && again.gaps_untouched(), "%s: wrote between pixels", what.c_str());
  }
}

void test_cases(bool special) {
  Random random(seed() + (special ? 1 : 0));
  const striate_pool_kind kinds[] = {STRIATE_POOL_MAX, STRIATE_POOL_AVERAGE_INCLUDE_PAD,
                                     STRIATE_POOL_AVERAGE_EXCLUDE_PAD};
  for (int i = 0; i < (kSanitized ? 60 : 400); ++i)
    test_case(random_case(random), random.pick(kinds), special, random);
}

}  // namespace

TEST(conv_pool_equals_conv_then_pool) { test_cases(false); }

TEST(conv_pool_of_infinities_and_nan) { test_cases(true); }

TEST(conv_pool_every_kernel_ran) {
  for (const KernelEntry& entry : kernel_table())
    if (entry.op == STRIATE_OP_CONV_POOL && entry.isa <= striate_context_isa(context()))
      CHECK(seen().count(entry.id) == 1, "%s was never run", entry.id.c_str());
}

// What no kernel pools is refused with the reason, what makes no sense as an error.
TEST(conv_pool_refuses) {
  ConvCase c;
  c.ic = 3, c.oc = 32;
  for (int i = 0; i < 2; ++i) c.in[i] = 16, c.kernel[i] = 3, c.pad_begin[i] = c.pad_end[i] = 1;
  const std::vector<float> weights(32 * 3 * 3 * 3, 1);
  striate_conv_pool_params params{c.params(), squares(STRIATE_POOL_MAX)};
  params.conv.epilogue.has_bias = 0;
  OwnedRequest request;
  request.op = STRIATE_OP_CONV_POOL;
  request.params = &params;
  request.params_bytes = sizeof params;
  request.src = {channels_last({1, 3, 16, 16}, 3), row_major({32, 3, 3, 3})};
  request.constants = {nullptr, weights.data()};
  request.dst = {channels_last({1, 32, 8, 8}, 32)};
  CHECK(!able_kernels(request).empty(), "the valid request has no kernel");

  request.dst = {channels_last({1, 32, 7, 8}, 32)};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "spatial dimension 0 of dst is 7");
  request.dst = {channels_last({1, 31, 8, 8}, 31)};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "do not fit");
  request.dst = {channels_last({1, 32, 8, 8}, 32)};
  params.pool.kind = STRIATE_POOL_WEIGHTED;
  check_rejected(request, STRIATE_UNSUPPORTED, "op of its own");
  params.pool.kind = STRIATE_POOL_LP;
  params.pool.p = 2;
  check_rejected(request, STRIATE_UNSUPPORTED, "neither maxima nor averages");
  params.pool = squares(STRIATE_POOL_MAX);
  params.pool.spatial_rank = 1;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "2 spatial dimensions, the pooling");
  params.conv.spatial_rank = params.pool.spatial_rank = 6;
  OwnedRequest high = request;
  high.src = {row_major({1, 3, 4, 4, 4, 4, 4, 4}), row_major({32, 3, 3, 3, 3, 3, 3, 3})};
  high.dst = {row_major({1, 32, 2, 2, 2, 2, 2, 2})};
  check_rejected(high, STRIATE_INVALID_ARGUMENT, "spatial_rank is 6");
  params.conv.spatial_rank = params.pool.spatial_rank = 2;
  params.conv.stride[1] = 0;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "stride[1] is 0");
  params.conv.stride[1] = 1;
  params.pool.kernel[0] = params.pool.kernel[1] = 3;
  params.pool.pad_begin[0] = params.pool.pad_begin[1] = 1;
  check_rejected(request, STRIATE_UNSUPPORTED, "other windows than 2x2");
  params.pool = squares(STRIATE_POOL_MAX);
  request.constants = {nullptr, nullptr};
  check_rejected(request, STRIATE_UNSUPPORTED, "not constant");
}

}  // namespace striate::test
