#include "onednn/layout.h"

#include <algorithm>
#include <numeric>

#include "base/checked.h"

namespace striate::onednn {
namespace {

// Whether strides grow along the order.
bool follows(const Tensor& t, const Order& order) {
  int64_t last = 0;
  for (int i = 0; i < order.rank; ++i) {
    const int d = order.dim[i];
    if (t.dims[d] == 1) continue;
    if (t.strides[d] < last) return false;
    last = t.strides[d];
  }
  return true;
}

}  // namespace

Order row_major(int rank) {
  Order order{rank, {}};
  for (int i = 0; i < rank; ++i) order.dim[i] = rank - 1 - i;
  return order;
}

Order channels_last(int rank) {
  Order order{rank, {}};
  order.dim[0] = 1;
  for (int i = 1; i < rank - 1; ++i) order.dim[i] = rank - i;
  order.dim[rank - 1] = 0;
  return order;
}

Order order_of(const Tensor& t) {
  if (t.rank >= 3 && follows(t, channels_last(t.rank))) return channels_last(t.rank);
  if (follows(t, row_major(t.rank))) return row_major(t.rank);
  Order order = row_major(t.rank);
  std::stable_sort(order.dim, order.dim + order.rank,
                   [&](int a, int b) { return t.strides[a] < t.strides[b]; });
  return order;
}

Order matrix_order_of(const Tensor& t) {
  return follows(t, row_major(t.rank)) ? row_major(t.rank) : order_of(t);
}

bool is_channels_last(const Tensor& t) {
  return t.rank >= 3 && follows(t, channels_last(t.rank)) && (t.dims[1] == 1 || t.strides[1] == 1);
}

Tensor normalized(const Tensor& t, const Order& order) {
  Tensor result = t;
  int64_t expected = 1;
  for (int i = 0; i < order.rank; ++i) {
    const int d = order.dim[i];
    if (t.dims[d] == 1) result.strides[d] = expected;
    expected = checked_mul(result.strides[d], t.dims[d], "a stride");
  }
  return result;
}

Tensor dense(const Tensor& t, const Order& order) {
  Tensor result = t;
  int64_t expected = 1;
  for (int i = 0; i < order.rank; ++i) {
    const int d = order.dim[i];
    result.strides[d] = expected;
    expected = checked_mul(expected, t.dims[d], "a tensor");
  }
  return result;
}

bool is_dense(const Tensor& t) { return same_strides(t, dense(t, order_of(t))); }

Tensor with_rank(const Tensor& t, int rank) {
  Tensor result = t;
  const int more = rank - t.rank;
  if (more <= 0) return result;
  result.rank = rank;
  for (int d = rank - 1; d >= 0; --d) {
    result.dims[d] = d < more ? 1 : t.dims[d - more];
    result.strides[d] = d < more ? 1 : t.strides[d - more];
  }
  return result;
}

Desc desc_of(const Tensor& t, const char* name) {
  dnnl::memory::dims dims, strides;
  for (int d = 0; d < t.rank; ++d) {
    if (t.dims[d] > 1 && t.strides[d] < 1)
      fail(STRIATE_UNSUPPORTED, "oneDNN has no negative or zero strides; %s is %s", name,
           layout_text(t).c_str());
    dims.push_back(t.dims[d]);
    strides.push_back(t.strides[d]);
  }
  return Desc(dims, dnnl::memory::data_type::f32, strides);
}

}  // namespace striate::onednn
