// Matrix products: every kernel that can do a shape, against the definition in double precision.
#include <math.h>

#include <algorithm>
#include <sstream>

#include "dispatch/cpu_features.h"
#include "kernels/activation/activation.h"
#include "support/kernels.h"

namespace striate::test {
namespace {

struct GemmCase {
  std::vector<int64_t> a_batch, b_batch;  // leading dims
  int64_t m = 1, n = 1, k = 1;
  bool trans_a = false, trans_b = false, b_constant = true;
  bool bias = true, bias_at_run = false, residual = false;
  striate_activation activation = STRIATE_ACT_NONE;
  int64_t gap = 0;             // beyond the last dimension of a, b and dst
  bool columns_first = false;  // dst with its rows adjacent
  int threads = 1;

  std::vector<int64_t> dims(std::vector<int64_t> batch, int64_t rows, int64_t columns) const {
    batch.push_back(rows);
    batch.push_back(columns);
    return batch;
  }
  std::vector<int64_t> a_dims() const { return dims(a_batch, trans_a ? k : m, trans_a ? m : k); }
  std::vector<int64_t> b_dims() const { return dims(b_batch, trans_b ? n : k, trans_b ? k : n); }
  std::vector<int64_t> dst_dims() const {
    std::vector<int64_t> batch(std::max(a_batch.size(), b_batch.size()), 1);
    for (const auto* from : {&a_batch, &b_batch})
      for (size_t i = 0; i < from->size(); ++i) {
        int64_t& to = batch[batch.size() - from->size() + i];
        to = std::max(to, (*from)[i]);
      }
    return dims(batch, m, n);
  }
  std::string text() const {
    std::ostringstream s;
    for (int64_t d : a_batch) s << d << ",";
    s << (trans_a ? "At " : "A ");
    for (int64_t d : b_batch) s << d << ",";
    s << (trans_b ? "Bt " : "B ") << m << "x" << n << "x" << k << " const" << b_constant << " bias"
      << bias + bias_at_run << " res" << residual << " act" << activation << " gap" << gap << " cf"
      << columns_first << " t" << threads;
    return s.str();
  }
};

striate_tensor_desc padded(const std::vector<int64_t>& dims, int64_t gap) {
  std::vector<int64_t> wider = dims;
  wider.back() += gap;
  striate_tensor_desc desc = row_major(wider);
  desc.dims[desc.rank - 1] = dims.back();
  return desc;
}

void test_case(const GemmCase& c, bool integers, Flush flush, uint64_t seed,
               std::vector<std::string>* ids_seen) {
  Random random(seed);
  auto draw = [&](int64_t) {
    return integers ? static_cast<float>(random.integer(-3, 3)) : random.real();
  };
  GuardedTensor a(padded(c.a_dims(), c.gap), flush), b(padded(c.b_dims(), c.gap), flush);
  GuardedTensor bias(row_major({c.n}), flush), residual(row_major(c.dst_dims()), flush);
  striate_tensor_desc dst_desc = padded(c.dst_dims(), c.gap);
  if (c.columns_first) {
    dst_desc = row_major(c.dst_dims());
    dst_desc.strides[dst_desc.rank - 2] = 1;
    dst_desc.strides[dst_desc.rank - 1] = c.m;
  }
  GuardedTensor dst(dst_desc, flush), again(dst_desc, flush);
  a.fill(draw);
  b.fill(draw);
  bias.fill(draw);
  residual.fill(draw);

  // the definition, batch by batch
  const std::vector<float> va = a.values(), vb = b.values(), vbias = bias.values(),
                           vresidual = residual.values();
  const std::vector<int64_t> out = c.dst_dims();
  const size_t batch_rank = out.size() - 2;
  int64_t batches = 1;
  for (size_t d = 0; d < batch_rank; ++d) batches *= out[d];
  auto matrix_of = [&](const std::vector<int64_t>& own, int64_t batch) {
    int64_t index = 0, step = 1;
    for (size_t d = batch_rank; d-- > 0;) {
      const int64_t at = batch % out[d];
      batch /= out[d];
      if (d + own.size() < batch_rank) continue;
      const int64_t dim = own[d - (batch_rank - own.size())];
      index += (dim == 1 ? 0 : at) * step;
      step *= dim;
    }
    return index;
  };
  std::vector<double> sums, magnitudes;
  for (int64_t batch = 0; batch < batches; ++batch) {
    const float* pa = va.data() + matrix_of(c.a_batch, batch) * c.m * c.k;
    const float* pb = vb.data() + matrix_of(c.b_batch, batch) * c.k * c.n;
    for (int64_t m = 0; m < c.m; ++m)
      for (int64_t n = 0; n < c.n; ++n) {
        const double start = c.bias ? static_cast<double>(vbias[static_cast<size_t>(n)]) : 0;
        const double end = c.residual ? static_cast<double>(vresidual[sums.size()]) : 0;
        double sum = start + end, magnitude = fabs(start) + fabs(end);
        for (int64_t k = 0; k < c.k; ++k) {
          const double product = static_cast<double>(pa[c.trans_a ? k * c.m + m : m * c.k + k]) *
                                 static_cast<double>(pb[c.trans_b ? n * c.k + k : k * c.n + n]);
          sum += product;
          magnitude += fabs(product);
        }
        sums.push_back(sum);
        magnitudes.push_back(magnitude);
      }
  }

  striate_gemm_params params{};
  params.trans_a = c.trans_a;
  params.trans_b = c.trans_b;
  params.epilogue = {c.bias, c.residual, c.activation, 0.25f, 0.75f};
  const Activation activation{c.activation, 0.25f, 0.75f};
  OwnedRequest request;
  request.op = STRIATE_OP_GEMM;
  request.params = &params;
  request.params_bytes = sizeof params;
  request.threads = c.threads;
  request.src = {a.desc(), b.desc()};
  request.constants = {nullptr, c.b_constant ? b.base() : nullptr};
  std::vector<const void*> operands{a.base(), c.b_constant ? nullptr : b.base()};
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
  const std::vector<std::string> ids = able_kernels(request);
  CHECK(!ids.empty(), "no kernel for %s", c.text().c_str());
  for (const std::string& id : ids) {
    request.kernel_id = id;
    TestKernel kernel(request);
    if (!CHECK(kernel.ok(), "%s: create of %s: %s", id.c_str(), c.text().c_str(),
               kernel.error().c_str()))
      continue;
    dst.reset();
    CHECK(kernel.run(operands, {dst.base()}) == STRIATE_OK, "%s: run", id.c_str());
    const std::vector<float> values = dst.values();
    const double u = ldexp(1.0, -24), k = static_cast<double>(c.k + 2);
    const double gamma = (k + 1) * u / (1 - (k + 1) * u);
    const bool exact =
        integers && (c.activation == STRIATE_ACT_NONE || c.activation == STRIATE_ACT_RELU);
    for (size_t i = 0; i < values.size(); ++i) {
      const double expected = activate_reference(sums[i], activation);
      const double bound =
          exact ? 0 : 1.13 * gamma * magnitudes[i] + 8 * u * fabs(expected) + 1e-38;
      if (!(fabs(static_cast<double>(values[i]) - expected) <= bound)) {
        CHECK(false, "%s: %s, seed %llu: element %zu is %.9g, not %.9g (bound %.3g)", id.c_str(),
              c.text().c_str(), static_cast<unsigned long long>(seed), i,
              static_cast<double>(values[i]), expected, bound);
        break;
      }
    }
    CHECK(dst.gaps_untouched(), "%s: %s: wrote beside dst", id.c_str(), c.text().c_str());
    again.reset();
    CHECK(kernel.run_split(operands, {again.base()}, random) == STRIATE_OK, "%s: split",
          id.c_str());
    CHECK(dst.same_bytes(again), "%s: %s: another tile partition gave other bits", id.c_str(),
          c.text().c_str());
    if (std::find(ids_seen->begin(), ids_seen->end(), id) == ids_seen->end())
      ids_seen->push_back(id);
  }
}

void test_cases(const std::vector<GemmCase>& cases, uint64_t first_seed) {
  std::vector<std::string> ids;
  for (size_t i = 0; i < cases.size(); ++i) {
    test_case(cases[i], true, i % 2 ? Flush::kEnd : Flush::kFront, first_seed + i, &ids);
    test_case(cases[i], false, i % 2 ? Flush::kFront : Flush::kEnd, first_seed + i, &ids);
  }
  note(std::to_string(cases.size()) + " shapes");
  for (const std::string& id : ids) note(id);
}

}  // namespace

TEST(gemm_curated) {
  std::vector<GemmCase> cases;
  int i = 0;
  auto add = [&](int64_t m, int64_t n, int64_t k) {
    for (int mode = 0; mode < 4; ++mode) {
      GemmCase c;
      c.m = m, c.n = n, c.k = k;
      c.trans_a = mode & 1, c.trans_b = mode & 2;
      c.b_constant = i % 3 != 0;
      c.bias = i % 4 != 1, c.bias_at_run = i % 8 == 2, c.residual = i % 3 == 1;
      c.activation = i % 2 ? STRIATE_ACT_RELU : STRIATE_ACT_NONE;
      c.gap = i % 5 == 4 ? 3 : 0;
      c.threads = i % 7 ? 1 : 9;
      cases.push_back(c);
      ++i;
    }
  };
  for (int64_t m : {1, 2, 3, 5, 6, 7, 11, 12, 13, 96, 97, 200}) add(m, 37, 19);
  for (int64_t n : {1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 47, 48, 49, 63, 64, 65, 127, 129})
    add(9, n, 21);
  for (int64_t k : {1, 2, 3, 64, 1023, 1024, 1025, 2100}) add(7, 70, k);
  add(1, 1000, 512);
  add(800, 5, 6);
  for (const auto& [a, b] :
       std::vector<std::pair<std::vector<int64_t>, std::vector<int64_t>>>{{{3}, {}},
                                                                          {{}, {3}},
                                                                          {{2, 3}, {3}},
                                                                          {{2, 1}, {1, 3}},
                                                                          {{3}, {3}},
                                                                          {{2, 3, 2}, {1, 3, 1}}}) {
    for (int mode = 0; mode < 4; ++mode) {
      GemmCase c;
      c.a_batch = a, c.b_batch = b;
      c.m = 13, c.n = 20, c.k = 9;
      c.trans_a = mode & 1;
      c.b_constant = mode & 2;
      c.residual = mode == 3;
      cases.push_back(c);
    }
  }
  GemmCase c;
  c.m = 6, c.n = 9, c.k = 5, c.columns_first = true;
  cases.push_back(c);
  test_cases(cases, 1);
}

TEST(gemm_random) {
  std::vector<GemmCase> cases;
  for (uint64_t i = 0; i < 200; ++i) {
    Random random(seed() * 15485863 + i);
    GemmCase c;
    c.m = random.integer(1, random.integer(1, 130));
    c.n = random.integer(1, random.integer(1, 200));
    c.k = random.integer(1, random.integer(1, 300));
    if (random.integer(0, 3) == 0) c.a_batch = {random.integer(1, 3)};
    if (random.integer(0, 3) == 0)
      c.b_batch = {c.a_batch.empty() || c.a_batch[0] == 1 ? random.integer(1, 3) : c.a_batch[0]};
    c.trans_a = random.integer(0, 1);
    c.trans_b = random.integer(0, 1);
    c.b_constant = random.integer(0, 1);
    c.bias = random.integer(0, 1);
    c.bias_at_run = random.integer(0, 1);
    c.residual = random.integer(0, 1);
    c.activation = random.integer(0, 1)
                       ? static_cast<striate_activation>(random.integer(0, STRIATE_ACT_SILU))
                       : STRIATE_ACT_NONE;
    c.gap = random.integer(0, 2) == 0 ? random.integer(1, 9) : 0;
    c.threads = static_cast<int>(random.integer(1, 16));
    cases.push_back(c);
  }
  test_cases(cases, seed() * 32452843);
}

// With AVX2, rows that share few b take tiles of their own, if b is constant.
TEST(gemm_few_rows) {
#if defined(__x86_64__)
  if (cpu_isa() < STRIATE_ISA_AVX2) return note("skipped: this CPU has no AVX2");
  striate_context* avx2 = nullptr;
  striate_error error{};
  if (!CHECK(striate_context_create(STRIATE_ISA_AVX2, &avx2, &error) == STRIATE_OK, "%s",
             error.text))
    return;
  const std::vector<float> b(2 * 40 * 70);
  // The id of the kernel that is chosen, or takes the name; or the error's text.
  const auto id = [&](const std::vector<int64_t>& batch, int64_t m, bool batched, bool constant,
                      const std::string& named) {
    const auto dims = [&](std::vector<int64_t> lead, int64_t rows, int64_t columns) {
      lead.push_back(rows);
      lead.push_back(columns);
      return row_major(lead);
    };
    const striate_gemm_params params{};
    OwnedRequest request;
    request.op = STRIATE_OP_GEMM;
    request.params = &params;
    request.params_bytes = sizeof params;
    request.src = {dims(batch, m, 40), dims(batched ? batch : std::vector<int64_t>(), 40, 70)};
    request.constants = {nullptr, constant ? b.data() : nullptr};
    request.dst = {dims(batch, m, 70)};
    request.kernel_id = named;
    const striate_kernel_request view = request.view();
    striate_kernel* kernel = nullptr;
    striate_kernel_create(avx2, &view, &kernel, &error);
    std::string text = kernel != nullptr ? striate_kernel_id(kernel) : error.text;
    striate_kernel_destroy(kernel);
    return text;
  };
  const std::string few = "gemm/igemm/f32/row/avx2/3x32", many = "gemm/igemm/f32/row/avx2/6x16";
  const auto expect = [](const std::string& found, const std::string& wanted) {
    CHECK(found.find(wanted) != std::string::npos, "%s, not %s", found.c_str(), wanted.c_str());
  };
  expect(id({}, 1, false, true, ""), few);
  expect(id({}, 3, false, true, ""), few);
  expect(id({}, 4, false, true, ""), many);
  expect(id({2}, 2, false, true, ""), many);  // four rows share b
  expect(id({2}, 2, true, true, ""), few);
  expect(id({}, 1, false, false, ""), many);
  expect(id({}, 1, false, false, few), "b is not constant");
  striate_context_destroy(avx2);
#endif
}

}  // namespace striate::test
