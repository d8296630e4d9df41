#include "kernels/families.h"

#include "kernels/conv/conv.h"
#include "kernels/gemm/gemm.h"

namespace striate {

void add_kernels(std::vector<KernelEntry>& table) {
  add_conv_kernels(table);
  add_gemm_kernels(table);
}

const std::vector<OpEntry>& op_table() {
  static const std::vector<OpEntry> table = {
      {STRIATE_OP_CONV, "conv", sizeof(striate_conv_params), check_conv},
      {STRIATE_OP_CONV_TRANSPOSE, "conv_transpose", sizeof(striate_conv_params), check_conv},
      {STRIATE_OP_GEMM, "gemm", sizeof(striate_gemm_params), check_gemm},
  };
  return table;
}

}  // namespace striate
