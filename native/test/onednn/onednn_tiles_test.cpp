// The oneDNN adapter's tiles: image i of a batch has the bits of that image alone, in whatever
// ranges and order the tiles are run, on shapes that are large enough to be cut.
#include <string.h>

#include "support/kernels.h"

namespace striate::test {
namespace {

// A request whose operands of `batched` have the batch as dimension 0.
struct Batched {
  const char* name;
  striate_op op;
  const void* params;
  int64_t params_bytes;
  std::vector<striate_tensor_desc> src;  // for a batch of one
  striate_tensor_desc dst;
  uint32_t batched;
  uint32_t constant;
};

striate_tensor_desc with_batch(striate_tensor_desc desc, int64_t n) {
  const int64_t image = desc.dims[0] == 1 ? desc.strides[0] : 0;
  desc.dims[0] = n;
  desc.strides[0] = image;
  return desc;
}

OwnedRequest request_of(const Batched& c, int64_t n, int threads) {
  OwnedRequest request;
  request.op = c.op;
  request.params = c.params;
  request.params_bytes = c.params_bytes;
  request.threads = threads;
  for (size_t i = 0; i < c.src.size(); ++i)
    request.src.push_back(c.batched >> i & 1 ? with_batch(c.src[i], n) : c.src[i]);
  request.dst = {with_batch(c.dst, n)};
  return request;
}

void test_batched(const Batched& c, int64_t n) {
  Random random(7);
  OwnedRequest request = request_of(c, n, 2);
  std::vector<std::unique_ptr<GuardedTensor>> src;
  std::vector<const void*> operands;
  for (size_t i = 0; i < c.src.size(); ++i) {
    src.push_back(std::make_unique<GuardedTensor>(request.src[i], Flush::kEnd));
    src.back()->fill([&](int64_t) { return random.real(); });
    const bool constant = c.constant >> i & 1;
    request.constants.push_back(constant ? src.back()->base() : nullptr);
    operands.push_back(constant ? nullptr : src.back()->base());
  }
  GuardedTensor dst(request.dst[0], Flush::kEnd), again(request.dst[0], Flush::kFront);
  const TestKernel kernel(request);
  if (!CHECK(kernel.ok(), "%s: %s", c.name, kernel.error().c_str())) return;
  const char* id = striate_kernel_id(kernel.get());
  CHECK(kernel.tiles() > 1, "%s %s is not cut", c.name, id);
  CHECK(kernel.run(operands, {dst.base()}) == STRIATE_OK, "%s: run", c.name);
  CHECK(kernel.run_split(operands, {again.base()}, random) == STRIATE_OK, "%s: run", c.name);
  CHECK(dst.same_bytes(again), "%s %s: other ranges of tiles gave other bits", c.name, id);
  CHECK(dst.gaps_untouched(), "%s %s wrote into a gap", c.name, id);

  OwnedRequest single = request_of(c, 1, 1);
  single.constants = request.constants;
  const TestKernel alone(single);
  if (!CHECK(alone.ok(), "%s: %s", c.name, alone.error().c_str())) return;
  for (int64_t image = 0; image < n; ++image) {
    std::vector<const void*> part = operands;
    for (size_t i = 0; i < part.size(); ++i)
      if (part[i] != nullptr && (c.batched >> i & 1))
        part[i] = static_cast<const float*>(part[i]) + image * request.src[i].strides[0];
    GuardedTensor one(single.dst[0], Flush::kEnd);
    CHECK(alone.run(part, {one.base()}) == STRIATE_OK, "%s: run", c.name);
    const std::vector<float> expected = one.values(), all = dst.values();
    const size_t at = static_cast<size_t>(image) * expected.size();
    CHECK(memcmp(expected.data(), all.data() + at, expected.size() * 4) == 0,
          "%s %s: image %lld of %lld differs from the image alone (%s)", c.name, id,
          static_cast<long long>(image), static_cast<long long>(n), striate_kernel_id(alone.get()));
  }
}

striate_tensor_desc image(int64_t c, int64_t h, int64_t w, int64_t pitch) {
  return channels_last({1, c, h, w}, pitch);
}

void test_conv(const char* name, int64_t ic, int64_t oc, int64_t size, int64_t kernel,
               int64_t stride, int64_t pad, int64_t groups, int64_t gap, bool residual) {
  striate_conv_params p{};
  p.spatial_rank = 2;
  p.groups = groups;
  for (int i = 0; i < 2; ++i) {
    p.kernel[i] = kernel;
    p.stride[i] = stride;
    p.dilation[i] = 1;
    p.pad_begin[i] = p.pad_end[i] = pad;
  }
  p.epilogue = {1, residual, STRIATE_ACT_RELU, 0, 0};
  const int64_t out = (size + 2 * pad - kernel) / stride + 1;
  const striate_tensor_desc y = image(oc, out, out, oc + gap);
  Batched c{name,
            STRIATE_OP_CONV,
            &p,
            sizeof p,
            {image(ic, size, size, ic + gap), row_major({oc, ic / groups, kernel, kernel}),
             row_major({oc})},
            y,
            1,
            6};
  if (residual) {
    c.src.push_back(y);
    c.batched |= 8;
  }
  test_batched(c, 3);
}

void test_matrix(const char* name, int64_t k, int64_t n, bool constant, bool residual,
                 int64_t rows) {
  striate_gemm_params p{};
  p.epilogue = {1, residual, STRIATE_ACT_NONE, 0, 0};
  Batched c{name,
            STRIATE_OP_GEMM,
            &p,
            sizeof p,
            {row_major({1, k}), row_major({k, n}), row_major({n})},
            row_major({1, n}),
            1,
            constant ? 6u : 0u};
  if (residual) {
    c.src.push_back(row_major({1, n}));
    c.batched |= 8;
  }
  test_batched(c, rows);
}

}  // namespace

TEST(onednn_conv_tiles) {
  test_conv("3x3", 64, 48, 28, 3, 1, 1, 1, 0, false);
  test_conv("3x3 residual", 64, 64, 29, 3, 1, 1, 1, 0, true);
  test_conv("3x3 stride 2", 64, 64, 57, 3, 2, 1, 1, 0, true);
  test_conv("7x7 stride 2", 3, 64, 96, 7, 2, 3, 1, 0, false);
  test_conv("3x3 with gaps", 64, 48, 28, 3, 1, 1, 1, 16, true);
  test_conv("1x1", 128, 256, 28, 1, 1, 0, 1, 0, true);
  test_conv("1x1 with gaps", 128, 256, 28, 1, 1, 0, 1, 32, true);
  test_conv("1x1 stride 2 with gaps", 128, 256, 56, 1, 2, 0, 1, 32, true);
  test_conv("few rows", 512, 512, 7, 3, 1, 1, 1, 0, true);
  test_conv("few rows, 1x1", 1024, 320, 7, 1, 1, 0, 1, 0, true);
  test_conv("few rows, 1x1 stride 2", 1024, 512, 14, 1, 2, 0, 1, 0, true);
  test_conv("depthwise", 96, 96, 57, 3, 2, 1, 96, 0, false);
  test_conv("groups", 128, 128, 28, 3, 1, 1, 4, 0, false);
}

TEST(onednn_gemm_tiles) {
  for (int64_t rows : {2, 5, 6, 13}) {
    test_matrix("matrix", 2048, 1000, true, true, rows);
    test_matrix("matrix", 500, 300, true, false, rows);
    test_matrix("run-time b", 700, 300, false, true, rows);
  }
}

TEST(onednn_other_tiles) {
  striate_pool_params pool{};
  pool.spatial_rank = 2;
  for (int i = 0; i < 2; ++i) {
    pool.kernel[i] = 3;
    pool.stride[i] = 2;
    pool.dilation[i] = 1;
    pool.pad_begin[i] = pool.pad_end[i] = 1;
  }
  const striate_tensor_desc big = image(64, 112, 112, 64), small = image(64, 56, 56, 64);
  for (striate_pool_kind kind :
       {STRIATE_POOL_MAX, STRIATE_POOL_AVERAGE_EXCLUDE_PAD, STRIATE_POOL_AVERAGE_INCLUDE_PAD}) {
    pool.kind = kind;
    test_batched({"pool", STRIATE_OP_POOL, &pool, sizeof pool, {big}, small, 1, 0}, 2);
  }
  const striate_lrn_params lrn{5, 1e-4f, 0.75f, 1, 0};
  test_batched({"lrn", STRIATE_OP_LRN, &lrn, sizeof lrn, {small}, small, 1, 0}, 2);
  const striate_unary_params tanh{STRIATE_ACT_TANH, 0, 0};
  test_batched({"tanh", STRIATE_OP_UNARY, &tanh, sizeof tanh, {small}, small, 1, 0}, 3);
  const striate_tensor_desc odd = row_major({1, 19, 37, 53});
  test_batched({"tanh, odd", STRIATE_OP_UNARY, &tanh, sizeof tanh, {odd}, odd, 1, 0}, 5);
  const striate_binary_params add{STRIATE_BINARY_ADD, STRIATE_ACT_RELU, 0, 0};
  test_batched({"add", STRIATE_OP_BINARY, &add, sizeof add, {small, small}, small, 3, 0}, 2);
  const striate_tensor_desc channels = channels_last({1, 64, 1, 1}, 64);
  test_batched(
      {"add a vector", STRIATE_OP_BINARY, &add, sizeof add, {small, channels}, small, 1, 2}, 2);
  const striate_binary_params mul{STRIATE_BINARY_MUL, STRIATE_ACT_RELU, 0, 0};
  test_batched({"gate", STRIATE_OP_BINARY, &mul, sizeof mul, {small, channels, small}, small, 5, 2},
               2);
  const striate_tensor_desc vector = row_major({64});
  const striate_batch_norm_params norm{1e-5f, STRIATE_ACT_RELU, 0, 0};
  test_batched({"batch_norm",
                STRIATE_OP_BATCH_NORM,
                &norm,
                sizeof norm,
                {small, vector, vector, vector, vector},
                small,
                1,
                30},
               2);
  const striate_softmax_params softmax{1, 0};
  const striate_tensor_desc logits = row_major({1, 1000});
  test_batched({"softmax", STRIATE_OP_SOFTMAX, &softmax, sizeof softmax, {logits}, logits, 1, 0},
               100);
  test_batched({"copy", STRIATE_OP_COPY, nullptr, 0, {small}, row_major({1, 64, 56, 56}), 1, 0}, 2);
  const striate_reduce_params mean{STRIATE_REDUCE_MEAN, 12};
  test_batched({"mean", STRIATE_OP_REDUCE, &mean, sizeof mean, {small}, channels, 1, 0}, 3);
}

// A constant that tiles read in part is kept by the kernel.
TEST(onednn_constant_operand) {
  const striate_binary_params add{STRIATE_BINARY_ADD, STRIATE_ACT_NONE, 0, 0};
  const striate_tensor_desc desc = image(64, 56, 56, 64);
  std::vector<float> a(64 * 56 * 56), b(a.size(), 2.0f), y(a.size());
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i);
  OwnedRequest request;
  request.op = STRIATE_OP_BINARY;
  request.params = &add;
  request.params_bytes = sizeof add;
  request.src = {desc, desc};
  request.constants = {nullptr, b.data()};
  request.dst = {desc};
  const TestKernel kernel(request);
  if (!CHECK(kernel.ok(), "%s", kernel.error().c_str())) return;
  b.assign(b.size(), -1.0f);  // read during create only
  CHECK(kernel.run({a.data(), nullptr}, {y.data()}) == STRIATE_OK, "run");
  int wrong = 0;
  for (size_t i = 0; i < a.size(); ++i) wrong += y[i] != a[i] + 2;
  CHECK(wrong == 0, "%d of %zu sums are wrong", wrong, a.size());
}

}  // namespace striate::test
