// The oneDNN adapter's convolutions against the definition, on the shapes that libstriate's are
// tested with. What oneDNN refuses is counted and its reasons are printed.
#include <math.h>
#include <string.h>

#include <algorithm>
#include <map>

#include "conv/conv_case.h"

namespace striate::test {
namespace {

striate_tensor_desc image(const std::vector<int64_t>& dims, int64_t gap) {
  return gap < 0 ? row_major(dims) : channels_last(dims, dims[1] + gap);
}

double activated(double x, const ConvCase& c) {
  const double a = static_cast<double>(c.alpha), b = static_cast<double>(c.beta);
  switch (c.activation) {
    case STRIATE_ACT_RELU:
      return x > 0 ? x : 0;
    case STRIATE_ACT_LEAKY_RELU:
      return x >= 0 ? x : a * x;
    case STRIATE_ACT_ELU:
      return x >= 0 ? x : a * expm1(x);
    case STRIATE_ACT_SELU:
      return b * (x > 0 ? x : a * expm1(x));
    case STRIATE_ACT_SIGMOID:
      return 1 / (1 + exp(-x));
    case STRIATE_ACT_TANH:
      return tanh(x);
    case STRIATE_ACT_SCALED_TANH:
      return a * tanh(b * x);
    case STRIATE_ACT_HARD_SIGMOID:
      return fmin(fmax(a * x + b, 0), 1);
    case STRIATE_ACT_HARD_SWISH:
      return x * fmin(fmax(x / 6 + 0.5, 0), 1);
    case STRIATE_ACT_GELU:
      return x / 2 * (1 + erf(x / sqrt(2.0)));
    case STRIATE_ACT_GELU_TANH:
      return x / 2 * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
    case STRIATE_ACT_SILU:
      return x / (1 + exp(-x));
    case STRIATE_ACT_CLIP:
      return fmin(fmax(x, a), b);
    default:
      return x;
  }
}

bool exact_activation(striate_activation kind) {
  return kind == STRIATE_ACT_NONE || kind == STRIATE_ACT_RELU || kind == STRIATE_ACT_CLIP;
}

struct Tally {
  std::map<std::string, int> refusals, kernels;
  int refused = 0, done = 0;
};

// As in conv/conv_test.cpp: integers must come out equal, reals within gamma(terms) * magnitude
// through the activation, plus 32 ulp and 1e-6 for oneDNN's polynomials of the activation itself.
void test_case(const ConvCase& c, bool integers, Flush flush, uint64_t seed, Tally* tally) {
  Random random(seed);
  auto draw = [&](int64_t) {
    return integers ? static_cast<float>(random.integer(-3, 3)) : random.real();
  };
  const striate_conv_params params = c.params();
  GuardedTensor src(image(c.src_dims(), c.src_gap), flush);
  GuardedTensor weights(row_major(c.weight_dims()), flush);
  GuardedTensor bias(row_major({c.oc}), flush);
  GuardedTensor residual(image(c.dst_dims(), c.residual_gap), flush);
  GuardedTensor dst(image(c.dst_dims(), c.dst_gap), flush);
  GuardedTensor again(image(c.dst_dims(), c.dst_gap), flush);
  src.fill(draw);
  weights.fill(draw);
  bias.fill(draw);
  residual.fill(draw);
  const ConvReference reference =
      conv_reference(c, src.values(), weights.values(), bias.values(), residual.values());

  const bool weights_at_run = seed % 5 == 0;
  OwnedRequest request;
  request.op = c.transposed ? STRIATE_OP_CONV_TRANSPOSE : STRIATE_OP_CONV;
  request.params = &params;
  request.params_bytes = sizeof params;
  request.threads = c.threads;
  request.src = {src.desc(), weights.desc()};
  request.constants = {nullptr, weights_at_run ? nullptr : weights.base()};
  std::vector<const void*> operands{src.base(), weights_at_run ? weights.base() : nullptr};
  if (c.bias) {
    request.src.push_back(bias.desc());
    request.constants.push_back(c.bias_at_run ? nullptr : bias.base());
    operands.push_back(c.bias_at_run ? bias.base() : nullptr);
  }
  if (c.residual) {
    request.src.push_back(residual.desc());
    request.constants.push_back(nullptr);
    operands.push_back(residual.base());
  }
  request.dst = {dst.desc()};

  TestKernel kernel(request);
  if (!kernel.ok()) {
    striate_status status;
    const std::string reason = create_error(request, &status);
    CHECK(status == STRIATE_UNSUPPORTED, "%s: status %d, %s", c.text().c_str(), status,
          reason.c_str());
    CHECK(able_kernels(request).empty(), "%s: listed, but not created", c.text().c_str());
    ++tally->refusals[reason];
    ++tally->refused;
    return;
  }
  const std::string id = striate_kernel_id(kernel.get());
  CHECK(able_kernels(request) == std::vector<std::string>{id}, "%s: listed under another id",
        id.c_str());
  CHECK(kernel.run(operands, {dst.base()}) == STRIATE_OK, "%s: run of %s", id.c_str(),
        c.text().c_str());
  ++tally->done;
  ++tally->kernels[id];
  const std::vector<float> values = dst.values();
  const double u = ldexp(1.0, -24), k = static_cast<double>(reference.terms);
  const double gamma = (k + 1) * u / (1 - (k + 1) * u);
  const bool exact = integers && exact_activation(c.activation);
  const double polynomial = exact_activation(c.activation) ? 0 : 1e-6;
  int wrong = 0;
  for (size_t i = 0; i < values.size() && wrong == 0; ++i) {
    const double expected = activated(reference.sum[i], c), got = static_cast<double>(values[i]);
    const double bound = exact ? 0
                               : 1.13 * gamma * reference.magnitude[i] + 32 * u * fabs(expected) +
                                     polynomial + 1e-38;
    wrong += !(fabs(got - expected) <= bound);
    CHECK(wrong == 0, "%s: %s, seed %llu: element %zu is %.9g, not %.9g (bound %.3g)", id.c_str(),
          c.text().c_str(), static_cast<unsigned long long>(seed), i, got, expected, bound);
  }
  CHECK(dst.gaps_untouched(), "%s: %s: wrote between pixels", id.c_str(), c.text().c_str());
  CHECK(kernel.run(operands, {again.base()}) == STRIATE_OK, "%s: second run of %s", id.c_str(),
        c.text().c_str());
  CHECK(dst.same_bytes(again), "%s: %s: a second run gave other bits", id.c_str(),
        c.text().c_str());
}

// `least`: the share of the shapes, in percent, that must not be refused from AVX2 on.
void test_cases(const std::vector<ConvCase>& cases, uint64_t first_seed, int least) {
  if (striate_context_isa(context()) == STRIATE_ISA_PORTABLE) least = std::min(least, 55);
  Tally tally;
  for (size_t i = 0; i < cases.size(); ++i) {
    const uint64_t seed = first_seed + i;
    test_case(cases[i], true, i % 2 ? Flush::kEnd : Flush::kFront, seed, &tally);
    if (!kSanitized || i % 8 == 0)
      test_case(cases[i], false, i % 2 ? Flush::kFront : Flush::kEnd, seed, &tally);
  }
  CHECK(tally.done * 100 >= least * (tally.done + tally.refused), "only %d of %d were accepted",
        tally.done, tally.done + tally.refused);
  note(std::to_string(tally.done) + " runs, " + std::to_string(tally.refused) + " refused");
  for (const auto& [id, count] : tally.kernels) note(std::to_string(count) + " x " + id);
  for (const auto& [reason, count] : tally.refusals) note(std::to_string(count) + " x " + reason);
}

}  // namespace

TEST(onednn_conv_curated) { test_cases(curated_conv_cases(), 1, 95); }
TEST(onednn_conv_random) { test_cases(random_conv_cases(), seed() * 7919, 70); }
TEST(onednn_conv_transpose_curated) { test_cases(curated_transpose_cases(), 100000, 90); }
TEST(onednn_conv_transpose_random) { test_cases(random_transpose_cases(), seed() * 104729, 90); }

}  // namespace striate::test
