// UNARY, BINARY, PRELU and BATCH_NORM: checks, kernels, table entries.
#include "kernels/elementwise/elementwise.h"

#include <math.h>

#include "base/aligned_buffer.h"
#include "dispatch/kernel.h"
#include "kernels/isa_list.h"
#include "kernels/op_families.h"
#include "kernels/request_checks.h"

namespace striate {
namespace {

StridedLoop loop_of(const Request& request) {
  const Tensor* srcs[StridedLoop::kMaxOperands];
  for (int i = 0; i < request.src_count(); ++i) srcs[i] = &request.src(i);
  if (request.op() != STRIATE_OP_BATCH_NORM)
    return make_strided_loop(request.dst(), srcs, request.src_count(), request.src_count(),
                             request.threads());
  // x, factor, mean, shift; the packed ones are dense
  Tensor packed = request.src(1);
  packed.strides[0] = 1;
  srcs[1] = srcs[2] = srcs[3] = &packed;
  return make_strided_loop(request.dst(), srcs, 4, 1, request.threads());
}

Activation activation_of(const Request& request) {
  switch (request.op()) {
    case STRIATE_OP_UNARY: {
      const auto& p = request.params<striate_unary_params>();
      return {p.activation, p.alpha, p.beta};
    }
    case STRIATE_OP_BINARY: {
      const auto& p = request.params<striate_binary_params>();
      return {p.activation, p.alpha, p.beta};
    }
    case STRIATE_OP_BATCH_NORM: {
      const auto& p = request.params<striate_batch_norm_params>();
      return {p.activation, p.alpha, p.beta};
    }
    default:
      return {STRIATE_ACT_NONE, 0, 0};
  }
}

class ElementwiseKernel : public Kernel {
 public:
  ElementwiseKernel(const Request& request, ElementwiseFunction function)
      : plan_{loop_of(request), activation_of(request)}, function_(function) {}
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void*) const noexcept override {
    const float* at[3];
    for (int i = 0; i + 1 < plan_.loop.operands; ++i) at[i] = static_cast<const float*>(src[i]);
    function_(plan_, at, static_cast<float*>(dst[0]), first, last);
  }
  int64_t tiles() const override { return plan_.loop.tiles; }

 private:
  ElementwisePlan plan_;
  ElementwiseFunction function_;
};

// factor = scale / sqrt(variance + epsilon), rounded once from double; mean and shift as given.
class BatchNormKernel : public Kernel {
 public:
  BatchNormKernel(const Request& request, ElementwiseFunction function)
      : plan_{loop_of(request), activation_of(request)},
        function_(function),
        epsilon_(request.params<striate_batch_norm_params>().epsilon),
        channels_(request.src(1).dims[0]),
        given_(4 * channels_),
        factors_(channels_) {
    for (int i = 0; i < 4; ++i) {
      stride_[i] = stride_or(request.src(i + 1), 0, 0);
      const float* data = request.constant_f32(i + 1);
      constant_[i] = data != nullptr;
      for (int64_t c = 0; data != nullptr && c < channels_; ++c)
        given_.data()[i * channels_ + c] = data[c * stride_[i]];
    }
    all_constant_ = constant_[0] && constant_[1] && constant_[2] && constant_[3];
    if (all_constant_) make_factors(given_.data(), factors_.data());
  }
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override {
    const float* given = given_.data();
    const float* factors = factors_.data();
    if (!all_constant_) {
      float* packed = static_cast<float*>(scratch);
      for (int i = 0; i < 4; ++i) {
        const float* data = static_cast<const float*>(src[i + 1]);
        for (int64_t c = 0; c < channels_; ++c)
          packed[i * channels_ + c] =
              constant_[i] ? given_.data()[i * channels_ + c] : data[c * stride_[i]];
      }
      make_factors(packed, packed + 4 * channels_);
      given = packed;
      factors = packed + 4 * channels_;
    }
    const float* at[4] = {static_cast<const float*>(src[0]), factors, given + 2 * channels_,
                          given + channels_};
    function_(plan_, at, static_cast<float*>(dst[0]), first, last);
  }
  int64_t tiles() const override { return plan_.loop.tiles; }
  int64_t scratch_bytes() const override {
    return all_constant_ ? 0 : round_up(5 * channels_ * 4, 64);
  }
  int64_t packed_bytes() const override { return given_.bytes() + factors_.bytes(); }

 private:
  void make_factors(const float* given, float* factors) const noexcept {
    for (int64_t c = 0; c < channels_; ++c)
      factors[c] = static_cast<float>(
          static_cast<double>(given[c]) /
          sqrt(static_cast<double>(given[3 * channels_ + c]) + static_cast<double>(epsilon_)));
  }

  ElementwisePlan plan_;
  ElementwiseFunction function_;
  float epsilon_;
  int64_t channels_;
  AlignedBuffer given_;  // scale, shift, mean, variance, as far as constant
  AlignedBuffer factors_;
  int64_t stride_[4];
  bool constant_[4];
  bool all_constant_;
};

struct Variant {
  const ElementwiseFunctions* functions;
  bool contiguous;
};

std::string can_do(const Request& request, const KernelEntry& entry) {
  const auto& variant = *static_cast<const Variant*>(entry.variant);
  if (variant.contiguous && !is_contiguous(loop_of(request)))
    return "the fastest dimension of dst has no stride 1 in dst, or neither 1 nor 0 in an operand";
  return "";
}

std::unique_ptr<Kernel> create(const Request& request, const KernelEntry& entry) {
  const ElementwiseFunctions& functions = *static_cast<const Variant*>(entry.variant)->functions;
  switch (request.op()) {
    case STRIATE_OP_UNARY:
      return std::make_unique<ElementwiseKernel>(request, functions.unary);
    case STRIATE_OP_BINARY:
      return std::make_unique<ElementwiseKernel>(
          request, request.src_count() == 3
                       ? functions.multiply_add
                       : functions.binary[request.params<striate_binary_params>().kind]);
    case STRIATE_OP_PRELU:
      return std::make_unique<ElementwiseKernel>(request, functions.prelu);
    default:
      return std::make_unique<BatchNormKernel>(request, functions.normalize);
  }
}

}  // namespace

void check_unary(const Request& request) {
  check_operands(request, "unary", 1);
  check_f32(request, "unary");
  check_same_dims(request.src(0), "x", request.dst(), "dst", "unary");
  check_activation(activation_of(request));
}

void check_binary(const Request& request) {
  const auto& p = request.params<striate_binary_params>();
  const bool adds = p.kind == STRIATE_BINARY_MUL && request.src_count() == 3;
  check_operands(request, "binary", adds ? 3 : 2);
  check_f32(request, "binary");
  if (p.kind < STRIATE_BINARY_ADD || p.kind > STRIATE_BINARY_DIV)
    fail(STRIATE_INVALID_ARGUMENT, "binary: kind is %d, which is no striate_binary_kind", p.kind);
  check_broadcasts(request.src(0), "a", request.dst(), "binary");
  check_broadcasts(request.src(1), "b", request.dst(), "binary");
  for (int d = 0; d < request.dst().rank; ++d)
    if (request.dst().dims[d] != 1 && request.src(0).dims[d] == 1 && request.src(1).dims[d] == 1)
      fail(STRIATE_INVALID_ARGUMENT,
           "binary: dst is %s, but a %s and b %s broadcast to 1 in dimension %d",
           dims_text(request.dst()).c_str(), dims_text(request.src(0)).c_str(),
           dims_text(request.src(1)).c_str(), d);
  if (adds) check_same_dims(request.src(2), "c", request.dst(), "dst", "binary");
  check_activation(activation_of(request));
}

void check_prelu(const Request& request) {
  check_operands(request, "prelu", 2);
  check_f32(request, "prelu");
  check_same_dims(request.src(0), "x", request.dst(), "dst", "prelu");
  check_broadcasts(request.src(1), "slope", request.dst(), "prelu");
}

void check_batch_norm(const Request& request) {
  check_operands(request, "batch_norm", 5);
  check_f32(request, "batch_norm");
  const Tensor& x = request.src(0);
  check_same_dims(x, "x", request.dst(), "dst", "batch_norm");
  if (x.rank < 2)
    fail(STRIATE_INVALID_ARGUMENT,
         "batch_norm: x %s has no channel dimension; its rank must be 2 or more",
         dims_text(x).c_str());
  static const char* const names[] = {"scale", "shift", "mean", "variance"};
  for (int i = 0; i < 4; ++i) check_channel_vector(request.src(i + 1), names[i], x, "batch_norm");
  const float epsilon = request.params<striate_batch_norm_params>().epsilon;
  if (!(epsilon >= 0 && epsilon < 1))
    fail(STRIATE_INVALID_ARGUMENT, "batch_norm: epsilon is %g; it must lie in 0 to 1",
         static_cast<double>(epsilon));
  check_activation(activation_of(request));
}

void add_elementwise_kernels(std::vector<KernelEntry>& table) {
  static const struct {
    striate_op op;
    const char* name;
  } ops[] = {{STRIATE_OP_UNARY, "unary"},
             {STRIATE_OP_BINARY, "binary"},
             {STRIATE_OP_PRELU, "prelu"},
             {STRIATE_OP_BATCH_NORM, "batch_norm"}};
  for (const auto& op : ops) {
#define STRIATE_ADD(space, isa, lanes)                                                             \
  {                                                                                                \
    static const Variant contiguous = {&space::elementwise_functions, true};                       \
    static const Variant strided = {&space::elementwise_functions, false};                         \
    const std::string name = op.name;                                                              \
    table.push_back({name + "/map/f32/contiguous/" #space "/v" #lanes, op.op, isa, can_do, create, \
                     &contiguous});                                                                \
    table.push_back(                                                                               \
        {name + "/map/f32/strided/" #space "/v" #lanes, op.op, isa, can_do, create, &strided});    \
  }
    STRIATE_EACH_ISA(STRIATE_ADD)
#undef STRIATE_ADD
  }
}

}  // namespace striate
