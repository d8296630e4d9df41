// Checks and small helpers on striate_tensor_desc.
#ifndef STRIATE_BASE_TENSOR_H
#define STRIATE_BASE_TENSOR_H

#include <stdint.h>

#include <string>

#include "striate/striate.h"

namespace striate {

using Tensor = striate_tensor_desc;

// Rank, dtype, dims >= 1, and every element offset within +-2^60. `name` is used in the sentence.
void check_tensor(const Tensor& tensor, const char* name);

// In addition: no two indices name the same element, so that writing it is well defined. A layout
// passes when, by growing stride, each dimension steps over all smaller ones.
void check_writable(const Tensor& tensor, const char* name);

bool same_dims(const Tensor& a, const Tensor& b);
bool same_strides(const Tensor& a, const Tensor& b);  // where a dimension has more than 1 element
int64_t element_count(const Tensor& tensor);

bool all_finite(const float* values, int64_t count);
// Of all elements of an f32 tensor whose element 0 is at `data`.
bool all_finite(const Tensor& tensor, const float* data);

// Stride of dimension d, or `fallback` where it has one element, when the stride means nothing.
inline int64_t stride_or(const Tensor& t, int d, int64_t fallback) {
  return t.dims[d] == 1 ? fallback : t.strides[d];
}

// "[1, 64, 56, 56]"
std::string dims_text(const Tensor& tensor);
// "[1, 64, 56, 56] with strides [...]"
std::string layout_text(const Tensor& tensor);

}  // namespace striate

#endif  // STRIATE_BASE_TENSOR_H
