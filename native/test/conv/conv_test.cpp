// Convolution and transposed convolution: every kernel that can do a shape, against the definition.
#include <math.h>
#include <string.h>

#include <map>

#include "conv/conv_case.h"
#include "kernels/activation/activation.h"

namespace striate::test {
namespace {

striate_tensor_desc image(const std::vector<int64_t>& dims, int64_t gap) {
  return gap < 0 ? row_major(dims) : channels_last(dims, dims[1] + gap);
}

bool exact_activation(striate_activation kind) {
  return kind == STRIATE_ACT_NONE || kind == STRIATE_ACT_RELU || kind == STRIATE_ACT_CLIP;
}

// Integer data: small enough that every sum is exact in f32, so == is the test. Real data: the
// bound of STYLE.md, gamma(terms) * magnitude, through the activation (slope at most 1.13) plus 8
// ulp of the activation itself. Winograd kernels have magnitudes of their own; F(2x2,3x3) is exact
// on integers too, the others multiply by square roots or fractions. All of them are tested:
// accuracy fast.
void test_case(const ConvCase& c, bool integers, Flush flush, uint64_t seed, bool splits,
               std::vector<std::string>* ids_seen) {
  Random random(seed);
  auto draw = [&](int64_t) {
    return integers ? static_cast<float>(random.integer(-3, 3)) : random.real();
  };
  const striate_conv_params params = c.params();
  striate_tensor_desc src_desc = image(c.src_dims(), c.src_gap);
  for (int d = 2; c.flipped && d < src_desc.rank; ++d) src_desc.strides[d] *= -1;
  GuardedTensor src(src_desc, flush);
  GuardedTensor weights(row_major(c.weight_dims()), flush);
  GuardedTensor bias(row_major({c.oc}), flush);
  GuardedTensor residual(image(c.dst_dims(), c.residual_gap), flush);
  GuardedTensor dst(image(c.dst_dims(), c.dst_gap), flush);
  GuardedTensor again(image(c.dst_dims(), c.dst_gap), flush);
  src.fill(draw);
  weights.fill(draw);
  bias.fill(draw);
  residual.fill(draw);
  const ConvReference direct =
      conv_reference(c, src.values(), weights.values(), bias.values(), residual.values());
  const Activation activation{c.activation, c.alpha, c.beta};

  OwnedRequest request;
  request.op = c.transposed ? STRIATE_OP_CONV_TRANSPOSE : STRIATE_OP_CONV;
  request.params = &params;
  request.params_bytes = sizeof params;
  request.threads = c.threads;
  request.accuracy = STRIATE_ACCURACY_FAST;
  request.src = {src.desc(), weights.desc()};
  request.constants = {nullptr, c.weights_at_run ? nullptr : weights.base()};
  std::vector<const void*> operands{src.base(), c.weights_at_run ? weights.base() : nullptr};
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

  std::map<WinogradTile, ConvReference> references;  // one for the kernels of all instruction sets
  const std::vector<std::string> ids = able_kernels(request);
  CHECK(!ids.empty(), "no kernel for %s", c.text().c_str());
  for (const std::string& id : ids) {
    request.kernel_id = id;
    TestKernel kernel(request);
    if (!CHECK(kernel.ok(), "%s: create of %s: %s", id.c_str(), c.text().c_str(),
               kernel.error().c_str()))
      continue;
    CHECK(id == striate_kernel_id(kernel.get()), "id %s became %s", id.c_str(),
          striate_kernel_id(kernel.get()));
    dst.reset();
    CHECK(kernel.run(operands, {dst.base()}) == STRIATE_OK, "%s: run of %s", id.c_str(),
          c.text().c_str());
    const std::vector<float> values = dst.values();
    const WinogradTile tile = winograd_tile(id);
    const auto [of_tile, is_new] = references.try_emplace(tile);
    if (is_new)
      of_tile->second = tile.mh == 0
                            ? direct
                            : winograd_reference(c, tile, direct, src.values(), weights.values(),
                                                 bias.values(), residual.values());
    const ConvReference& reference = of_tile->second;
    const bool exact = tile.mh == 0 || (tile.mh == 2 && tile.rh == 3);
    const double u = ldexp(1.0, -24), k = static_cast<double>(reference.terms);
    const double gamma = (k + 1) * u / (1 - (k + 1) * u);
    for (size_t i = 0; i < values.size(); ++i) {
      const double expected = activate_reference(reference.sum[i], activation);
      const double got = static_cast<double>(values[i]);
      const double bound =
          integers && exact && exact_activation(c.activation)
              ? 0
              : 1.13 * gamma * reference.magnitude[i] + 8 * u * fabs(expected) + 1e-38;
      if (fabs(got - expected) <= bound) continue;
      CHECK(false, "%s: %s, seed %llu: element %zu is %.9g, not %.9g (bound %.3g)", id.c_str(),
            c.text().c_str(), static_cast<unsigned long long>(seed), i, got, expected, bound);
      break;
    }
    CHECK(dst.gaps_untouched(), "%s: %s: wrote between pixels", id.c_str(), c.text().c_str());
    if (splits) {
      again.reset();
      CHECK(kernel.run_split(operands, {again.base()}, random) == STRIATE_OK, "%s: split run of %s",
            id.c_str(), c.text().c_str());
      CHECK(dst.same_bytes(again), "%s: %s: another tile partition gave other bits", id.c_str(),
            c.text().c_str());
    }
    bool seen = false;
    for (const std::string& s : *ids_seen) seen = seen || s == id;
    if (!seen) ids_seen->push_back(id);
  }
}

void test_cases(const std::vector<ConvCase>& cases, uint64_t first_seed) {
  std::vector<std::string> ids;
  int64_t count = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    if (!CHECK(cases[i].valid(), "not a valid case: %s", cases[i].text().c_str())) continue;
    const uint64_t seed = first_seed + i;
    test_case(cases[i], true, i % 2 ? Flush::kEnd : Flush::kFront, seed, true, &ids);
    if (!kSanitized || i % 8 == 0)
      test_case(cases[i], false, i % 2 ? Flush::kFront : Flush::kEnd, seed, i % 4 == 0, &ids);
    ++count;
  }
  note(std::to_string(count) + " shapes");
  for (const std::string& id : ids) note(id);
}

}  // namespace

TEST(conv_curated) { test_cases(curated_conv_cases(), 1); }
TEST(conv_random) { test_cases(random_conv_cases(), seed() * 7919); }
TEST(conv_transpose_curated) { test_cases(curated_transpose_cases(), 100000); }
TEST(conv_transpose_random) { test_cases(random_transpose_cases(), seed() * 104729); }

}  // namespace striate::test
