// The list of op families: the one place to extend when an op is added.
#ifndef STRIATE_KERNELS_FAMILIES_H
#define STRIATE_KERNELS_FAMILIES_H

#include <vector>

#include "dispatch/kernel.h"

namespace striate {

// Each appends its kernels, best first.
void add_conv_kernels(std::vector<KernelEntry>& table);
void add_gemm_kernels(std::vector<KernelEntry>& table);

void add_kernels(std::vector<KernelEntry>& table);
const std::vector<OpEntry>& op_table();

}  // namespace striate

#endif  // STRIATE_KERNELS_FAMILIES_H
