// Checks that several ops share; all throw Failure with a sentence that names the numbers.
#ifndef STRIATE_KERNELS_REQUEST_CHECKS_H
#define STRIATE_KERNELS_REQUEST_CHECKS_H

#include "dispatch/kernel.h"

namespace striate {

// Exactly this many operands and one dst.
void check_operands(const Request& request, const char* op, int src_count);

// All tensors f32; STRIATE_UNSUPPORTED otherwise.
void check_f32(const Request& request, const char* op);

void check_same_dims(const Tensor& a, const char* a_name, const Tensor& b, const char* b_name,
                     const char* op);

// src has the rank of dst, and each of its dims is 1 or that of dst.
void check_broadcasts(const Tensor& src, const char* name, const Tensor& dst, const char* op);

// [dims[1] of x], rank 1.
void check_channel_vector(const Tensor& vector, const char* name, const Tensor& x, const char* op);

void check_axis(int32_t axis, const Tensor& x, const char* op);

}  // namespace striate

#endif  // STRIATE_KERNELS_REQUEST_CHECKS_H
