// From striate_tensor_desc to dnnl::memory::desc.
//
// oneDNN compares strides exactly to recognise a layout such as nhwc, also where a dimension has
// one element and its stride means nothing. So those strides are first replaced by what a dense
// tensor in the same order would have.
#ifndef STRIATE_ONEDNN_LAYOUT_H
#define STRIATE_ONEDNN_LAYOUT_H

#include <oneapi/dnnl/dnnl.hpp>

#include "base/tensor.h"

namespace striate::onednn {

using Desc = dnnl::memory::desc;

// Dimensions from the fastest to the slowest.
struct Order {
  int rank;
  int dim[STRIATE_MAX_RANK];
};

Order row_major(int rank);
Order channels_last(int rank);  // C, then W, H, D, then N; rank >= 2

// The order in which the tensor lies: channels-last or row-major where its strides allow that.
Order order_of(const Tensor& t);
// The same for matrices, which have no channels: row-major first. With one row both fit, and the
// stride of that row, which oneDNN takes for the distance of rows, must not be 1.
Order matrix_order_of(const Tensor& t);
bool is_channels_last(const Tensor& t);

// The strides of one-element dimensions replaced, see above.
Tensor normalized(const Tensor& t, const Order& order);
// The same dimensions without gaps.
Tensor dense(const Tensor& t, const Order& order);
bool is_dense(const Tensor& t);

// With dimensions of one element in front, up to `rank`.
Tensor with_rank(const Tensor& t, int rank);

// f32; throws UNSUPPORTED for strides that oneDNN cannot express (negative, or zero: a broadcast).
Desc desc_of(const Tensor& t, const char* name);

}  // namespace striate::onednn

#endif  // STRIATE_ONEDNN_LAYOUT_H
