// What several ops share. Activations are oneDNN's element-wise algorithms; some take two or three
// of them in a row.
#include "onednn/ops.h"

namespace striate::onednn {

using dnnl::algorithm;

std::vector<Stage> stages_of(const Activation& a) {
  switch (a.kind) {
    case STRIATE_ACT_NONE:
      return {};
    case STRIATE_ACT_RELU:
      return {{algorithm::eltwise_relu, 0, 0}};
    case STRIATE_ACT_LEAKY_RELU:
      return {{algorithm::eltwise_relu, a.alpha, 0}};
    case STRIATE_ACT_ELU:
      return {{algorithm::eltwise_elu, a.alpha, 0}};
    case STRIATE_ACT_SELU:
      return {{algorithm::eltwise_elu, a.alpha, 0}, {algorithm::eltwise_linear, a.beta, 0}};
    case STRIATE_ACT_SIGMOID:
      return {{algorithm::eltwise_logistic, 0, 0}};
    case STRIATE_ACT_TANH:
      return {{algorithm::eltwise_tanh, 0, 0}};
    case STRIATE_ACT_SCALED_TANH:
      return {{algorithm::eltwise_linear, a.beta, 0},
              {algorithm::eltwise_tanh, 0, 0},
              {algorithm::eltwise_linear, a.alpha, 0}};
    case STRIATE_ACT_HARD_SIGMOID:
      return {{algorithm::eltwise_hardsigmoid, a.alpha, a.beta}};
    case STRIATE_ACT_HARD_SWISH:
      return {{algorithm::eltwise_hardswish, 1.0f / 6.0f, 0.5f}};
    case STRIATE_ACT_GELU:
      return {{algorithm::eltwise_gelu_erf, 0, 0}};
    case STRIATE_ACT_GELU_TANH:
      return {{algorithm::eltwise_gelu_tanh, 0, 0}};
    case STRIATE_ACT_SILU:
      return {{algorithm::eltwise_swish, 1, 0}};
    case STRIATE_ACT_CLIP:
      return {{algorithm::eltwise_clip, a.alpha, a.beta}};
    default:
      fail(STRIATE_INVALID_ARGUMENT, "activation is %d, which is no striate_activation", a.kind);
  }
}

void append_activation(dnnl::post_ops& ops, const Activation& activation) {
  for (const Stage& stage : stages_of(activation))
    ops.append_eltwise(stage.algorithm, stage.alpha, stage.beta);
}

dnnl::primitive_attr attributes(const dnnl::post_ops& ops) {
  dnnl::primitive_attr result;
  result.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  result.set_post_ops(ops);
  return result;
}

bool every_window_is_real(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t dilation,
                          int64_t pad_begin) {
  for (int64_t o = 0; o < out; ++o) {
    const int64_t from = o * stride - pad_begin;
    const int64_t tap = from < 0 ? ceil_div(-from, dilation) : 0;  // the first at or after 0
    if (tap >= kernel || from + tap * dilation >= in) return false;
  }
  return true;
}

View::View(const Tensor& t, const char* name)
    : have(desc_of(normalized(t, order_of(t)), name)),
      packed(desc_of(dense(t, t.rank >= 3 ? channels_last(t.rank) : row_major(t.rank)), name)),
      is_dense(onednn::is_dense(t)) {}

}  // namespace striate::onednn
