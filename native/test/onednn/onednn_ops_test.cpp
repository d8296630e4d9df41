// The oneDNN adapter beside convolution: matrix products, pooling and an element-wise op against
// the definition; refusals; bad requests; several threads on one kernel. (Every op meets its
// definition again in the Java contract tests.)
#include <math.h>
#include <string.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "support/kernels.h"

namespace striate::test {
namespace {

const double kU = ldexp(1.0, -24);

striate_tensor_desc strided(const std::vector<int64_t>& dims, const std::vector<int64_t>& strides) {
  striate_tensor_desc desc = row_major(dims);
  for (size_t d = 0; d < dims.size(); ++d) desc.strides[d] = strides[d];
  return desc;
}

// The request's only kernel; fails the test where the adapter has none.
std::unique_ptr<TestKernel> only_kernel(const OwnedRequest& request, const char* what) {
  auto kernel = std::make_unique<TestKernel>(request);
  CHECK(kernel->ok(), "%s: %s", what, kernel->error().c_str());
  if (!kernel->ok()) return nullptr;
  return kernel;
}

void test_gemm(int64_t m, int64_t n, int64_t k, bool trans_a, bool trans_b, int64_t gap,
               bool integers, bool constant, uint64_t seed) {
  Random random(seed);
  auto draw = [&](int64_t) {
    return integers ? static_cast<float>(random.integer(-4, 4)) : random.real();
  };
  striate_gemm_params params{};
  params.trans_a = trans_a;
  params.trans_b = trans_b;
  params.epilogue = {1, 1, STRIATE_ACT_RELU, 0, 0};
  const int64_t ar = trans_a ? k : m, ac = trans_a ? m : k;
  const int64_t br = trans_b ? n : k, bc = trans_b ? k : n;
  const Flush flush = seed % 2 ? Flush::kEnd : Flush::kFront;
  GuardedTensor a(strided({ar, ac}, {ac + gap, 1}), flush);
  GuardedTensor b(strided({br, bc}, {bc + gap, 1}), flush);
  GuardedTensor bias(row_major({n}), flush), residual(strided({m, n}, {n + gap, 1}), flush);
  GuardedTensor dst(strided({m, n}, {n + gap, 1}), flush);
  for (GuardedTensor* t : {&a, &b, &bias, &residual}) t->fill(draw);
  OwnedRequest request;
  request.op = STRIATE_OP_GEMM;
  request.params = &params;
  request.params_bytes = sizeof params;
  request.threads = 1 + static_cast<int>(seed % 2);
  request.src = {a.desc(), b.desc(), bias.desc(), residual.desc()};
  request.constants = {nullptr, constant ? b.base() : nullptr, constant ? bias.base() : nullptr,
                       nullptr};
  request.dst = {dst.desc()};
  const auto kernel = only_kernel(request, "gemm");
  if (kernel == nullptr) return;
  CHECK(kernel->run({a.base(), constant ? nullptr : b.base(), constant ? nullptr : bias.base(),
                     residual.base()},
                    {dst.base()}) == STRIATE_OK,
        "gemm: run");
  const std::vector<float> va = a.values(), vb = b.values(), vc = dst.values();
  const std::vector<float> vbias = bias.values(), vr = residual.values();
  const double terms = static_cast<double>(k + 2),
               gamma = (terms + 1) * kU / (1 - (terms + 1) * kU);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      const size_t at = static_cast<size_t>(i * n + j);
      double sum = static_cast<double>(vbias[static_cast<size_t>(j)]) + static_cast<double>(vr[at]);
      double magnitude = fabs(static_cast<double>(vbias[static_cast<size_t>(j)])) +
                         fabs(static_cast<double>(vr[at]));
      for (int64_t l = 0; l < k; ++l) {
        const double x =
            static_cast<double>(va[static_cast<size_t>(trans_a ? l * m + i : i * k + l)]);
        const double y =
            static_cast<double>(vb[static_cast<size_t>(trans_b ? j * k + l : l * n + j)]);
        sum += x * y;
        magnitude += fabs(x * y);
      }
      const double expected = fmax(sum, 0), got = static_cast<double>(vc[at]);
      if (!CHECK(fabs(got - expected) <= (integers ? 0 : gamma * magnitude),
                 "%s: %lldx%lldx%lld seed %llu: [%lld, %lld] is %.9g, not %.9g",
                 striate_kernel_id(kernel->get()), static_cast<long long>(m),
                 static_cast<long long>(n), static_cast<long long>(k),
                 static_cast<unsigned long long>(seed), static_cast<long long>(i),
                 static_cast<long long>(j), got, expected))
        return;
    }
  CHECK(dst.gaps_untouched(), "gemm wrote between rows");
}

OwnedRequest unary(const striate_unary_params* params, const striate_tensor_desc& desc) {
  OwnedRequest request;
  request.op = STRIATE_OP_UNARY;
  request.params = params;
  request.params_bytes = sizeof *params;
  request.src = {desc};
  request.dst = {desc};
  return request;
}

// Create must answer with this status and a sentence that contains `part`.
void expect(const OwnedRequest& request, striate_status status, const char* part) {
  striate_status got;
  const std::string text = create_error(request, &got);
  CHECK(got == status, "status %d, not %d: %s", got, status, text.c_str());
  CHECK(text.find(part) != std::string::npos, "\"%s\" lacks \"%s\"", text.c_str(), part);
}

}  // namespace

TEST(onednn_gemm) {
  const int64_t sizes[] = {1, 2, 7, 16, 17, 33, 64};
  uint64_t seed = 1;
  for (int64_t m : sizes)
    for (int64_t n : sizes)
      for (int64_t k : {int64_t{1}, int64_t{5}, int64_t{16}, int64_t{70}}) {
        test_gemm(m, n, k, seed % 3 == 0, seed % 2 == 0, seed % 4 == 0 ? 3 : 0, true, seed % 5 != 0,
                  seed);
        test_gemm(m, n, k, seed % 2 == 0, seed % 3 == 0, seed % 4 == 1 ? 5 : 0, false,
                  seed % 5 != 0, seed + 1);
        ++seed;
      }
}

TEST(onednn_pool) {
  for (striate_pool_kind kind :
       {STRIATE_POOL_MAX, STRIATE_POOL_AVERAGE_EXCLUDE_PAD, STRIATE_POOL_AVERAGE_INCLUDE_PAD})
    for (int64_t gap : {0, 5}) {
      striate_pool_params params{};
      params.kind = kind;
      params.spatial_rank = 2;
      for (int i = 0; i < 2; ++i) {
        params.kernel[i] = 3;
        params.stride[i] = 2;
        params.dilation[i] = 1;
        params.pad_begin[i] = 1;
        params.pad_end[i] = 1;
      }
      GuardedTensor x(channels_last({2, 19, 9, 7}, 19 + gap), Flush::kEnd);
      GuardedTensor y(channels_last({2, 19, 5, 4}, 19 + 2 * gap), Flush::kFront);
      Random random(5);
      x.fill([&](int64_t) { return static_cast<float>(random.integer(-9, 9)); });
      OwnedRequest request;
      request.op = STRIATE_OP_POOL;
      request.params = &params;
      request.params_bytes = sizeof params;
      request.src = {x.desc()};
      request.dst = {y.desc()};
      const auto kernel = only_kernel(request, "pool");
      if (kernel == nullptr) continue;
      CHECK(kernel->run({x.base()}, {y.base()}) == STRIATE_OK, "pool: run");
      const std::vector<float> in = x.values(), out = y.values();
      for (int64_t p = 0; p < 2 * 19; ++p)
        for (int64_t oh = 0; oh < 5; ++oh)
          for (int64_t ow = 0; ow < 4; ++ow) {
            double best = -1e30, sum = 0, real = 0;
            for (int64_t h = 2 * oh - 1; h < 2 * oh + 2; ++h)
              for (int64_t w = 2 * ow - 1; w < 2 * ow + 2; ++w) {
                if (h < 0 || h >= 9 || w < 0 || w >= 7) continue;
                const double v = static_cast<double>(in[static_cast<size_t>((p * 9 + h) * 7 + w)]);
                best = fmax(best, v);
                sum += v;
                real += 1;
              }
            const double expected = kind == STRIATE_POOL_MAX                   ? best
                                    : kind == STRIATE_POOL_AVERAGE_INCLUDE_PAD ? sum / 9
                                                                               : sum / real;
            const double got = static_cast<double>(out[static_cast<size_t>((p * 5 + oh) * 4 + ow)]);
            CHECK(fabs(got - expected) <= 4 * kU * fabs(expected), "%s: %.9g, not %.9g",
                  striate_kernel_id(kernel->get()), got, expected);
          }
      CHECK(y.gaps_untouched(), "pool wrote between pixels");
    }
}

TEST(onednn_refusals) {
  const striate_unary_params relu{STRIATE_ACT_RELU, 0, 0};
  expect(unary(&relu, strided({2, 3}, {3, -1})), STRIATE_UNSUPPORTED, "negative or zero strides");
  striate_tensor_desc bf16 = row_major({4});
  bf16.dtype = STRIATE_BF16;
  expect(unary(&relu, bf16), STRIATE_UNSUPPORTED, "f32 only");
  striate_lrn_params lrn{4, 1e-4f, 0.75f, 1, 0};
  OwnedRequest request = unary(&relu, channels_last({1, 8, 4, 4}, 8));
  request.op = STRIATE_OP_LRN;
  request.params = &lrn;
  request.params_bytes = sizeof lrn;
  expect(request, STRIATE_UNSUPPORTED, "odd size");
  striate_pad_params reflect{};
  reflect.mode = STRIATE_PAD_REFLECT;
  request.op = STRIATE_OP_PAD;
  request.params = &reflect;
  request.params_bytes = sizeof reflect;
  expect(request, STRIATE_UNSUPPORTED, "reflecting");
  request = unary(&relu, row_major({4}));
  request.kernel_id = "unary/onednn/f32/strided/no:such";
  expect(request, STRIATE_UNSUPPORTED, "there is no kernel");
}

TEST(onednn_bad_requests) {
  const striate_unary_params relu{STRIATE_ACT_RELU, 0, 0}, unknown{99, 0, 0};
  expect(unary(&unknown, row_major({4})), STRIATE_INVALID_ARGUMENT, "activation is 99");
  OwnedRequest request = unary(&relu, row_major({4}));
  request.params_bytes -= 4;
  expect(request, STRIATE_INVALID_ARGUMENT, "different headers");
  request = unary(&relu, row_major({4}));
  request.op = 77;
  expect(request, STRIATE_INVALID_ARGUMENT, "no striate_op");
  request = unary(&relu, row_major({4}));
  request.dst[0].dims[0] = 5;
  expect(request, STRIATE_INVALID_ARGUMENT, "[4]");
  request = unary(&relu, strided({4, 4}, {1, 1}));
  expect(request, STRIATE_INVALID_ARGUMENT, "overlaps itself");
  request = unary(&relu, row_major({4}));
  request.threads = 0;
  expect(request, STRIATE_INVALID_ARGUMENT, "threads");

  striate_error error{};
  striate_kernel* kernel = nullptr;
  CHECK(striate_kernel_create(nullptr, nullptr, &kernel, &error) == STRIATE_INVALID_ARGUMENT,
        "no context");
  CHECK(striate_kernel_create(context(), nullptr, &kernel, nullptr) == STRIATE_INVALID_ARGUMENT,
        "no request");
  striate_kernel_destroy(nullptr);
  striate_context_destroy(nullptr);
  striate_context* other = nullptr;
  CHECK(striate_context_create(17, &other, &error) == STRIATE_INVALID_ARGUMENT, "isa 17");
  // The cap is the process's own; the first context, of any set, has settled it.
  const striate_status capped = striate_context_create(STRIATE_ISA_PORTABLE, &other, &error);
  CHECK(striate_context_isa(context()) == STRIATE_ISA_PORTABLE
            ? capped == STRIATE_OK
            : capped == STRIATE_UNSUPPORTED && strstr(error.text, "once per process") != nullptr,
        "status %d: %s", capped, error.text);
  striate_context_destroy(other);

  request = unary(&relu, row_major({4}));
  TestKernel able(request);
  if (!CHECK(able.ok(), "%s", able.error().c_str())) return;
  float x[4] = {-1, 2, -3, 4}, y[4] = {9, 9, 9, 9};
  const void* src[] = {x};
  void* dst[] = {y};
  const void* no_src[] = {nullptr};
  CHECK(striate_kernel_run(able.get(), no_src, dst, 0, 1, nullptr) == STRIATE_INVALID_ARGUMENT,
        "no operand");
  CHECK(striate_kernel_run(able.get(), src, dst, 0, 2, nullptr) == STRIATE_INVALID_ARGUMENT,
        "tile 1 of 1");
  CHECK(striate_kernel_run(able.get(), src, dst, 0, 0, nullptr) == STRIATE_OK && y[0] == 9,
        "no tiles");
  CHECK(striate_kernel_run(able.get(), src, dst, 0, 1, nullptr) == STRIATE_OK, "run");
  CHECK(y[0] == 0 && y[1] == 2 && y[2] == 0 && y[3] == 4, "relu");
}

// Memory objects are not shared: every thread must see its own operands only.
TEST(onednn_concurrent_runs) {
  const int64_t m = 12, n = 20, k = 30;
  striate_gemm_params params{};
  std::vector<float> b(static_cast<size_t>(k * n), 1.0f);
  OwnedRequest request;
  request.op = STRIATE_OP_GEMM;
  request.params = &params;
  request.params_bytes = sizeof params;
  request.src = {row_major({m, k}), row_major({k, n})};
  request.constants = {nullptr, b.data()};
  request.dst = {row_major({m, n})};
  const auto kernel = only_kernel(request, "gemm");
  if (kernel == nullptr) return;
  constexpr int kThreads = 4, kRounds = 2000;
  int wrong[kThreads] = {};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      const std::vector<float> a(static_cast<size_t>(m * k), static_cast<float>(t + 1));
      std::vector<float> c(static_cast<size_t>(m * n));
      const GuardedBuffer scratch(striate_kernel_scratch_bytes(kernel->get()) + 64, Flush::kFront);
      for (int round = 0; round < kRounds; ++round) {
        const void* src[] = {a.data(), nullptr};
        void* dst[] = {c.data()};
        std::fill(c.begin(), c.end(), -1.0f);
        wrong[t] += striate_kernel_run(kernel->get(), src, dst, 0, kernel->tiles(),
                                       scratch.data()) != STRIATE_OK;
        for (float value : c) wrong[t] += value != static_cast<float>(k * (t + 1));
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) CHECK(wrong[t] == 0, "thread %d: %d wrong", t, wrong[t]);
}

}  // namespace striate::test
