// A constant operand is read during create only, whichever it is: results equal, bit for bit, those
// of the same kernel with that operand given at run, also after the constant's memory has changed.
#include <algorithm>

#include "support/kernels.h"

namespace striate::test {
namespace {

// `packed`: operands that stay constant throughout, so that kernels which pack them take part.
void test_constants(striate_op op, const void* params, int64_t params_bytes,
                    const std::vector<striate_tensor_desc>& src, const striate_tensor_desc& dst,
                    uint32_t packed) {
  Random random(static_cast<uint64_t>(op) + 1);
  std::vector<std::unique_ptr<GuardedTensor>> data;
  OwnedRequest request;
  request.op = op;
  request.params = params;
  request.params_bytes = params_bytes;
  request.src = src;
  request.dst = {dst};
  std::vector<const void*> operands;
  for (size_t i = 0; i < src.size(); ++i) {
    data.push_back(std::make_unique<GuardedTensor>(src[i], Flush::kEnd));
    data[i]->fill([&](int64_t) { return random.real() + 2; });
    const bool constant = packed >> i & 1;
    request.constants.push_back(constant ? data[i]->base() : nullptr);
    operands.push_back(constant ? nullptr : data[i]->base());
  }
  for (const std::string& id : able_kernels(request)) {
    request.kernel_id = id;
    GuardedTensor expected(dst, Flush::kEnd);
    const TestKernel usual(request);
    if (!CHECK(usual.ok(), "%s: %s", id.c_str(), usual.error().c_str())) continue;
    CHECK(usual.run(operands, {expected.base()}) == STRIATE_OK, "%s", id.c_str());
    for (size_t i = 0; i < src.size(); ++i) {
      if (packed >> i & 1) continue;
      GuardedTensor constant(src[i], Flush::kFront), result(dst, Flush::kEnd);
      const std::vector<float> values = data[i]->values();
      constant.fill([&](int64_t at) { return values[static_cast<size_t>(at)]; });
      OwnedRequest other = request;
      other.constants[i] = constant.base();
      std::vector<const void*> rest = operands;
      rest[i] = nullptr;
      const TestKernel kernel(other);
      if (!CHECK(kernel.ok(), "%s: operand %zu constant: %s", id.c_str(), i,
                 kernel.error().c_str()))
        continue;
      constant.fill([](int64_t) { return -1e9f; });
      CHECK(kernel.run(rest, {result.base()}) == STRIATE_OK, "%s", id.c_str());
      CHECK(result.same_bytes(expected), "%s: operand %zu constant changes the result", id.c_str(),
            i);
      CHECK(striate_kernel_packed_bytes(kernel.get()) > striate_kernel_packed_bytes(usual.get()),
            "%s: operand %zu is held, but not counted", id.c_str(), i);
    }
    request.kernel_id.clear();
  }
}

striate_conv_params conv_params(int64_t groups) {
  striate_conv_params p{};
  p.spatial_rank = 2;
  p.groups = groups;
  for (int i = 0; i < 2; ++i) {
    p.kernel[i] = 3;
    p.stride[i] = p.dilation[i] = p.pad_begin[i] = p.pad_end[i] = 1;
  }
  return p;
}

}  // namespace

TEST(constant_operands) {
  const striate_tensor_desc image = channels_last({2, 20, 7, 6}, 23);
  for (bool bias : {false, true})
    for (int64_t groups : {1, 20})
      for (striate_op op : {STRIATE_OP_CONV, STRIATE_OP_CONV_TRANSPOSE}) {
        striate_conv_params p = conv_params(groups);
        p.epilogue = {bias, 1, STRIATE_ACT_RELU, 0, 0};
        std::vector<striate_tensor_desc> src = {image, row_major({20, 20 / groups, 3, 3}), image};
        if (bias) src.insert(src.begin() + 2, row_major({20}));
        test_constants(op, &p, sizeof p, src, image, bias ? 6 : 2);
      }
  striate_gemm_params gemm{};
  gemm.epilogue = {1, 1, STRIATE_ACT_NONE, 0, 0};
  test_constants(STRIATE_OP_GEMM, &gemm, sizeof gemm,
                 {row_major({9, 33}), row_major({33, 40}), row_major({40}), row_major({9, 40})},
                 row_major({9, 40}), 6);
  gemm.epilogue = {0, 1, STRIATE_ACT_NONE, 0, 0};
  test_constants(STRIATE_OP_GEMM, &gemm, sizeof gemm,
                 {row_major({9, 33}), row_major({33, 40}), row_major({9, 40})}, row_major({9, 40}),
                 2);
  striate_pool_params pool{};
  pool.spatial_rank = 2;
  for (int i = 0; i < 2; ++i) pool.kernel[i] = pool.stride[i] = pool.dilation[i] = 1;
  test_constants(STRIATE_OP_POOL, &pool, sizeof pool, {image}, image, 0);
  const striate_batch_norm_params norm{1e-5f, STRIATE_ACT_NONE, 0, 0};
  const striate_tensor_desc vector = row_major({20});
  test_constants(STRIATE_OP_BATCH_NORM, &norm, sizeof norm, {image, vector, vector, vector, vector},
                 image, 30);
  const striate_lrn_params lrn{5, 1e-4f, 0.75f, 1, 0};
  test_constants(STRIATE_OP_LRN, &lrn, sizeof lrn, {image}, image, 0);
  const striate_unary_params tanh{STRIATE_ACT_TANH, 0, 0};
  test_constants(STRIATE_OP_UNARY, &tanh, sizeof tanh, {image}, image, 0);
  test_constants(STRIATE_OP_PRELU, nullptr, 0, {image, channels_last({1, 20, 1, 1}, 20)}, image, 0);
  const striate_softmax_params softmax{1, 0};
  test_constants(STRIATE_OP_SOFTMAX, &softmax, sizeof softmax, {image}, image, 0);
  const striate_binary_params sub{STRIATE_BINARY_SUB, STRIATE_ACT_NONE, 0, 0};
  test_constants(STRIATE_OP_BINARY, &sub, sizeof sub, {image, image}, image, 0);
  const striate_reduce_params sum{STRIATE_REDUCE_SUM, 12};
  test_constants(STRIATE_OP_REDUCE, &sum, sizeof sum, {image}, channels_last({2, 20, 1, 1}, 20), 0);
  striate_pad_params pad{};
  pad.begin[2] = 1;
  test_constants(STRIATE_OP_PAD, &pad, sizeof pad, {image}, channels_last({2, 20, 9, 6}, 20), 0);
  striate_resize_params resize{};
  for (float& scale : resize.scales) scale = 1;
  test_constants(STRIATE_OP_RESIZE, &resize, sizeof resize, {image}, image, 0);
  test_constants(STRIATE_OP_COPY, nullptr, 0, {image}, row_major({2, 20, 7, 6}), 0);
}

}  // namespace striate::test
