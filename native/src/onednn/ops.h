// One function per op: chooses primitives and puts them into a builder. Throws Failure with
// UNSUPPORTED and the reason where oneDNN does not compute exactly what striate.h says.
#ifndef STRIATE_ONEDNN_OPS_H
#define STRIATE_ONEDNN_OPS_H

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/failure.h"
#include "onednn/engine.h"
#include "onednn/program.h"

namespace striate::onednn {

struct OpEntry {
  const char* name;
  int64_t params_bytes;  // 0: the op has none
  void (*check)(const Request&);
  void (*plan)(Builder&);  // null: oneDNN cannot do it at once
};
const OpEntry& op_entry(striate_op op);  // throws INVALID_ARGUMENT when unknown

// ------------------------------------------------------------------------------------- checks

void check_request(const striate_kernel_request* raw);
void check_conv(const Request& request);
void check_gemm(const Request& request);
void check_pool(const Request& request);
void check_batch_norm(const Request& request);
void check_lrn(const Request& request);
void check_unary(const Request& request);
void check_prelu(const Request& request);
void check_softmax(const Request& request);
void check_binary(const Request& request);
void check_reduce(const Request& request);
void check_pad(const Request& request);
void check_resize(const Request& request);
void check_copy(const Request& request);

// -------------------------------------------------------------------------------------- plans

void plan_conv(Builder& builder);
void plan_conv_transpose(Builder& builder);
void plan_gemm(Builder& builder);
void plan_pool(Builder& builder);
void plan_batch_norm(Builder& builder);
void plan_lrn(Builder& builder);
void plan_unary(Builder& builder);
void plan_prelu(Builder& builder);
void plan_softmax(Builder& builder);
void plan_binary(Builder& builder);
void plan_reduce(Builder& builder);
void plan_pad(Builder& builder);
void plan_resize(Builder& builder);
void plan_copy(Builder& builder);

// ------------------------------------------------------------------------------------ helpers

struct Activation {
  striate_activation kind;
  float alpha;
  float beta;
};
void append_activation(dnnl::post_ops& ops, const Activation& activation);
// The activation as element-wise algorithms, one after the other; none for STRIATE_ACT_NONE.
struct Stage {
  dnnl::algorithm algorithm;
  float alpha;
  float beta;
};
std::vector<Stage> stages_of(const Activation& activation);

// Scratchpads belong to the caller, post-ops as given.
dnnl::primitive_attr attributes(const dnnl::post_ops& ops = {});

// Whether every window along one axis covers at least one real element.
bool every_window_is_real(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t dilation,
                          int64_t pad_begin);

// A tensor as it lies, and without gaps in channels-last order (or, below rank 3, row-major).
struct View {
  View(const Tensor& t, const char* name);
  Desc have;
  Desc packed;
  bool is_dense;
  // `have` where oneDNN may have a fast kernel for it.
  const Desc& preferred() const { return is_dense ? have : packed; }
};

// Tries ways to lay out the operands, in order: the first that is not a reference implementation,
// else the first that exists at all, else UNSUPPORTED.
template <class Pd, class Attempt, class Make>
std::pair<Pd, Attempt> choose(const std::vector<Attempt>& attempts, Make make) {
  std::optional<std::pair<Pd, Attempt>> found;
  for (const Attempt& attempt : attempts) {
    try {
      Pd pd = make(attempt);
      const bool reference = is_reference(pd);
      if (!found || !reference) found.emplace(std::move(pd), attempt);
      if (!reference) break;
    } catch (const dnnl::error& e) {
      if (e.status == dnnl_out_of_memory) throw;
    }
  }
  if (!found)
    fail(STRIATE_UNSUPPORTED, "oneDNN has no implementation for these shapes and layouts");
  return *found;
}

// `pd`, or the same implementation with the weights that another part of the program has packed.
template <class Pd, class Make>
Pd sharing_weights(Builder& builder, const Desc& have, const Pd& pd, Make make) {
  const Desc* packed = builder.packed_as(1, have);
  if (packed == nullptr || pd.weights_desc() == *packed) return pd;
  try {
    Pd shared = make(*packed);
    if (implementation_of(shared) == implementation_of(pd)) return shared;
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_out_of_memory) throw;
  }
  return pd;
}

}  // namespace striate::onednn

#endif  // STRIATE_ONEDNN_OPS_H
