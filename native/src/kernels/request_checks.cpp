#include "kernels/request_checks.h"

#include "base/failure.h"

namespace striate {

void check_operands(const Request& request, const char* op, int src_count) {
  if (request.src_count() != src_count || request.dst_count() != 1)
    fail(STRIATE_INVALID_ARGUMENT, "%s takes %d src and 1 dst, not %d and %d", op, src_count,
         request.src_count(), request.dst_count());
}

void check_f32(const Request& request, const char* op) {
  for (int i = 0; i < request.src_count(); ++i)
    if (request.src(i).dtype != STRIATE_F32)
      fail(STRIATE_UNSUPPORTED, "%s in this library is f32 only, but src[%d] has dtype %d", op, i,
           request.src(i).dtype);
  if (request.dst().dtype != STRIATE_F32)
    fail(STRIATE_UNSUPPORTED, "%s in this library is f32 only, but dst has dtype %d", op,
         request.dst().dtype);
}

void check_same_dims(const Tensor& a, const char* a_name, const Tensor& b, const char* b_name,
                     const char* op) {
  if (!same_dims(a, b))
    fail(STRIATE_INVALID_ARGUMENT, "%s: %s %s and %s %s must have the same dims", op, a_name,
         dims_text(a).c_str(), b_name, dims_text(b).c_str());
}

void check_broadcasts(const Tensor& src, const char* name, const Tensor& dst, const char* op) {
  bool fits = src.rank == dst.rank;
  for (int d = 0; fits && d < dst.rank; ++d) fits = src.dims[d] == 1 || src.dims[d] == dst.dims[d];
  if (!fits)
    fail(STRIATE_INVALID_ARGUMENT,
         "%s: %s %s does not broadcast to dst %s: equal ranks, and each dimension equal or 1", op,
         name, dims_text(src).c_str(), dims_text(dst).c_str());
}

void check_channel_vector(const Tensor& vector, const char* name, const Tensor& x, const char* op) {
  if (vector.rank != 1 || vector.dims[0] != x.dims[1])
    fail(STRIATE_INVALID_ARGUMENT, "%s: %s is %s; it should be [%lld], the channels of x", op, name,
         dims_text(vector).c_str(), static_cast<long long>(x.dims[1]));
}

void check_axis(int32_t axis, const Tensor& x, const char* op) {
  if (axis < 0 || axis >= x.rank)
    fail(STRIATE_INVALID_ARGUMENT, "%s: axis is %d; x %s has axes 0 to %d", op, axis,
         dims_text(x).c_str(), x.rank - 1);
}

}  // namespace striate
