// Checks and kernels of the ops around convolution and matrix product; see families.cpp.
#ifndef STRIATE_KERNELS_OP_FAMILIES_H
#define STRIATE_KERNELS_OP_FAMILIES_H

#include <vector>

#include "dispatch/kernel.h"

namespace striate {

// Throw Failure when the request is wrong.
void check_pool(const Request& request);
// Of a pooling other than WEIGHTED from x to y, whatever the request.
void check_pooling(const striate_pool_params& p, const Tensor& x, const Tensor& y);
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

// Append kernels, best first.
void add_elementwise_kernels(std::vector<KernelEntry>& table);  // unary, binary, prelu, batch_norm
void add_pool_kernels(std::vector<KernelEntry>& table);
void add_lrn_kernels(std::vector<KernelEntry>& table);
void add_softmax_kernels(std::vector<KernelEntry>& table);
void add_reduce_kernels(std::vector<KernelEntry>& table);
void add_pad_kernels(std::vector<KernelEntry>& table);
void add_resize_kernels(std::vector<KernelEntry>& table);
void add_copy_kernels(std::vector<KernelEntry>& table);

}  // namespace striate

#endif  // STRIATE_KERNELS_OP_FAMILIES_H
