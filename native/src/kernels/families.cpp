#include "kernels/families.h"

#include "kernels/conv/conv.h"
#include "kernels/gemm/gemm.h"
#include "kernels/op_families.h"

namespace striate {

void add_kernels(std::vector<KernelEntry>& table) {
  add_conv_kernels(table);
  add_gemm_kernels(table);
  add_elementwise_kernels(table);
  add_pool_kernels(table);
  add_lrn_kernels(table);
  add_softmax_kernels(table);
  add_reduce_kernels(table);
  add_pad_kernels(table);
  add_resize_kernels(table);
  add_copy_kernels(table);
}

const std::vector<OpEntry>& op_table() {
  static const std::vector<OpEntry> table = {
      {STRIATE_OP_CONV, "conv", sizeof(striate_conv_params), check_conv},
      {STRIATE_OP_CONV_TRANSPOSE, "conv_transpose", sizeof(striate_conv_params), check_conv},
      {STRIATE_OP_GEMM, "gemm", sizeof(striate_gemm_params), check_gemm},
      {STRIATE_OP_POOL, "pool", sizeof(striate_pool_params), check_pool},
      {STRIATE_OP_BATCH_NORM, "batch_norm", sizeof(striate_batch_norm_params), check_batch_norm},
      {STRIATE_OP_LRN, "lrn", sizeof(striate_lrn_params), check_lrn},
      {STRIATE_OP_UNARY, "unary", sizeof(striate_unary_params), check_unary},
      {STRIATE_OP_PRELU, "prelu", 0, check_prelu},
      {STRIATE_OP_SOFTMAX, "softmax", sizeof(striate_softmax_params), check_softmax},
      {STRIATE_OP_BINARY, "binary", sizeof(striate_binary_params), check_binary},
      {STRIATE_OP_REDUCE, "reduce", sizeof(striate_reduce_params), check_reduce},
      {STRIATE_OP_PAD, "pad", sizeof(striate_pad_params), check_pad},
      {STRIATE_OP_RESIZE, "resize", sizeof(striate_resize_params), check_resize},
      {STRIATE_OP_COPY, "copy", 0, check_copy},
      {STRIATE_OP_CONV_POOL, "conv_pool", sizeof(striate_conv_pool_params), check_conv_pool},
  };
  return table;
}

}  // namespace striate
