#include "base/tensor.h"

#include <string.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/checked.h"

namespace striate {
namespace {

std::string list_text(const int64_t* values, int count) {
  std::string text = "[";
  for (int i = 0; i < count; ++i) text += (i ? ", " : "") + std::to_string(values[i]);
  return text + "]";
}

}  // namespace

void check_tensor(const Tensor& t, const char* name) {
  if (t.rank < 1 || t.rank > STRIATE_MAX_RANK)
    fail(STRIATE_INVALID_ARGUMENT, "%s has rank %d; a rank is 1 to %d", name, t.rank,
         STRIATE_MAX_RANK);
  if (t.dtype < STRIATE_F32 || t.dtype > STRIATE_S64)
    fail(STRIATE_INVALID_ARGUMENT, "%s has dtype %d, which is no striate_dtype", name, t.dtype);
  int64_t reach = 0;
  for (int d = 0; d < t.rank; ++d) {
    if (t.dims[d] < 1)
      fail(STRIATE_INVALID_ARGUMENT, "%s has dims %s; every dimension must be at least 1", name,
           dims_text(t).c_str());
    const int64_t stride = stride_or(t, d, 0);
    int64_t extent = 0;
    if (stride == INT64_MIN ||
        __builtin_mul_overflow(t.dims[d] - 1, stride < 0 ? -stride : stride, &extent) ||
        __builtin_add_overflow(reach, extent, &reach) || reach > (int64_t{1} << 60))
      fail(STRIATE_INVALID_ARGUMENT, "%s %s reaches beyond 2^60 elements", name,
           layout_text(t).c_str());
  }
  int64_t count = 1;
  for (int d = 0; d < t.rank; ++d)
    if (__builtin_mul_overflow(count, t.dims[d], &count) || count > (int64_t{1} << 60))
      fail(STRIATE_INVALID_ARGUMENT, "%s %s has more than 2^60 elements", name,
           dims_text(t).c_str());
}

void check_writable(const Tensor& t, const char* name) {
  check_tensor(t, name);
  std::vector<int> order(static_cast<size_t>(t.rank));
  std::iota(order.begin(), order.end(), 0);
  auto magnitude = [&](int d) {
    const int64_t stride = stride_or(t, d, 0);
    return stride < 0 ? -stride : stride;
  };
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return magnitude(a) != magnitude(b) ? magnitude(a) < magnitude(b) : a < b;
  });
  int64_t extent = 1;  // elements that the smaller dimensions span
  for (int d : order) {
    if (t.dims[d] == 1) continue;
    if (magnitude(d) < extent)
      fail(STRIATE_INVALID_ARGUMENT,
           "%s %s overlaps itself: dimension %d steps %lld elements over a block of %lld", name,
           layout_text(t).c_str(), d, static_cast<long long>(t.strides[d]),
           static_cast<long long>(extent));
    extent += (t.dims[d] - 1) * magnitude(d);
  }
}

bool same_dims(const Tensor& a, const Tensor& b) {
  return a.rank == b.rank && std::equal(a.dims, a.dims + a.rank, b.dims);
}

bool same_strides(const Tensor& a, const Tensor& b) {
  for (int d = 0; d < a.rank; ++d)
    if (a.dims[d] > 1 && a.strides[d] != b.strides[d]) return false;
  return a.rank == b.rank;
}

int64_t element_count(const Tensor& t) {
  int64_t count = 1;
  for (int d = 0; d < t.rank; ++d) count *= t.dims[d];
  return count;
}

bool all_finite(const float* values, int64_t count) {
  constexpr uint32_t kExponent = 0x7f800000;  // all ones: infinity or NaN
  constexpr int64_t kStep = 4096;             // no way out within, so that it is a loop of vectors
  for (int64_t from = 0; from < count; from += kStep) {
    const int64_t n = std::min(kStep, count - from);
    uint32_t found = 0;
    for (int64_t i = 0; i < n; ++i) {
      uint32_t bits = 0;
      memcpy(&bits, values + from + i, sizeof bits);
      found |= (bits & kExponent) == kExponent ? 1u : 0u;
    }
    if (found != 0) return false;
  }
  return true;
}

bool all_finite(const Tensor& t, const float* data) {
  // Dimensions [outer, rank) are one run of elements without gaps.
  int outer = t.rank;
  int64_t run = 1;
  while (outer > 0 && stride_or(t, outer - 1, run) == run) run *= t.dims[--outer];
  int64_t index[STRIATE_MAX_RANK] = {};
  for (int64_t runs = element_count(t) / run, offset = 0; runs > 0; --runs) {
    if (!all_finite(data + offset, run)) return false;
    for (int d = outer - 1; d >= 0; --d) {
      const int64_t stride = stride_or(t, d, 0);
      offset += stride;
      if (++index[d] < t.dims[d]) break;
      offset -= stride * t.dims[d];
      index[d] = 0;
    }
  }
  return true;
}

std::string dims_text(const Tensor& t) { return list_text(t.dims, t.rank); }

std::string layout_text(const Tensor& t) {
  return dims_text(t) + " with strides " + list_text(t.strides, t.rank);
}

}  // namespace striate
