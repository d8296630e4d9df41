#include "kernels/gemm/gemm.h"

#include <algorithm>

#include "base/checked.h"

namespace striate {
namespace {

using LL = long long;

// Dimension d of dst's batch, seen from an operand of smaller rank: its dim and stride.
int64_t batch_dim(const Tensor& t, int dst_rank, int d) {
  const int own = d - (dst_rank - t.rank);
  return own < 0 ? 1 : t.dims[own];
}

int64_t batch_stride(const Tensor& t, int dst_rank, int d) {
  const int own = d - (dst_rank - t.rank);
  return own < 0 ? 0 : stride_or(t, own, 0);
}

}  // namespace

int64_t GemmGeometry::batches() const {
  int64_t count = 1;
  for (int d = 0; d < batch_rank; ++d) count *= batch[d];
  return count;
}

bool GemmGeometry::b_batched() const {
  for (int d = 0; d < batch_rank; ++d)
    if (batch[d] > 1 && b_batch[d] != 0) return true;
  return false;
}

int64_t GemmGeometry::rows() const {
  return b_batched() ? m : checked_mul(batches(), m, "the rows");
}

int64_t GemmGeometry::batch_offset(int64_t i, const int64_t* strides) const {
  int64_t offset = 0;
  for (int d = batch_rank - 1; d >= 0; --d) {
    offset += i % batch[d] * strides[d];
    i /= batch[d];
  }
  return offset;
}

void check_gemm(const Request& request) {
  const auto& p = request.params<striate_gemm_params>();
  const int operands = 2 + (p.epilogue.has_bias != 0) + (p.epilogue.has_residual != 0);
  if (request.src_count() != operands || request.dst_count() != 1)
    fail(STRIATE_INVALID_ARGUMENT,
         "a product with has_bias %d and has_residual %d has %d src and 1 dst, not %d and %d",
         p.epilogue.has_bias, p.epilogue.has_residual, operands, request.src_count(),
         request.dst_count());
  check_activation({p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta});
  const Tensor &a = request.src(0), &b = request.src(1), &y = request.dst();
  if (a.rank < 2 || b.rank < 2 || y.rank != std::max(a.rank, b.rank))
    fail(STRIATE_INVALID_ARGUMENT,
         "a %s, b %s and dst %s: a and b need a rank of at least 2, dst the larger of both",
         dims_text(a).c_str(), dims_text(b).c_str(), dims_text(y).c_str());
  const int64_t m = a.dims[a.rank - (p.trans_a ? 1 : 2)], ka = a.dims[a.rank - (p.trans_a ? 2 : 1)];
  const int64_t n = b.dims[b.rank - (p.trans_b ? 2 : 1)], kb = b.dims[b.rank - (p.trans_b ? 1 : 2)];
  if (ka != kb)
    fail(STRIATE_INVALID_ARGUMENT, "a %s%s has k = %lld, but b %s%s has k = %lld",
         dims_text(a).c_str(), p.trans_a ? " transposed" : "", LL(ka), dims_text(b).c_str(),
         p.trans_b ? " transposed" : "", LL(kb));
  if (y.dims[y.rank - 2] != m || y.dims[y.rank - 1] != n)
    fail(STRIATE_INVALID_ARGUMENT, "dst is %s, but the product is %lld x %lld",
         dims_text(y).c_str(), LL(m), LL(n));
  for (int d = 0; d < y.rank - 2; ++d) {
    const int64_t da = batch_dim(a, y.rank, d), db = batch_dim(b, y.rank, d);
    if ((da != db && da != 1 && db != 1) || y.dims[d] != std::max(da, db))
      fail(STRIATE_INVALID_ARGUMENT,
           "batch dimension %d of dst is %lld, but a has %lld and b %lld there: equal or 1 "
           "broadcast",
           d, LL(y.dims[d]), LL(da), LL(db));
  }
  if (p.epilogue.has_bias != 0) {
    const Tensor& bias = request.src(2);
    if (bias.rank != 1 || bias.dims[0] != n)
      fail(STRIATE_INVALID_ARGUMENT, "bias is %s; it should be [%lld]", dims_text(bias).c_str(),
           LL(n));
  }
  if (p.epilogue.has_residual != 0 && !same_dims(request.src(operands - 1), y))
    fail(STRIATE_INVALID_ARGUMENT, "residual is %s; it should be as dst, %s",
         dims_text(request.src(operands - 1)).c_str(), dims_text(y).c_str());
  for (int i = 0; i < request.src_count(); ++i)
    if (request.src(i).dtype != STRIATE_F32 || y.dtype != STRIATE_F32)
      fail(STRIATE_UNSUPPORTED, "gemm in this library is f32 only; src[%d] has dtype %d and dst %d",
           i, request.src(i).dtype, y.dtype);
}

GemmGeometry gemm_geometry(const Request& request) {
  const auto& p = request.params<striate_gemm_params>();
  const Tensor &a = request.src(0), &b = request.src(1), &y = request.dst();
  GemmGeometry g{};
  const int a_row = a.rank - (p.trans_a ? 1 : 2), a_column = a.rank - (p.trans_a ? 2 : 1);
  const int b_row = b.rank - (p.trans_b ? 1 : 2), b_column = b.rank - (p.trans_b ? 2 : 1);
  g.m = a.dims[a_row];
  g.k = a.dims[a_column];
  g.n = b.dims[b_column];
  g.a_m = stride_or(a, a_row, 0);
  g.a_k = stride_or(a, a_column, 1);
  g.b_k = stride_or(b, b_row, 0);
  g.b_n = stride_or(b, b_column, 0);
  g.dst_m = stride_or(y, y.rank - 2, 0);
  g.dst_n = stride_or(y, y.rank - 1, 1);
  g.has_bias = p.epilogue.has_bias != 0;
  g.has_residual = p.epilogue.has_residual != 0;
  g.activation = {p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta};
  if (g.has_bias) g.bias_stride = stride_or(request.src(2), 0, 0);
  const Tensor& residual = g.has_residual ? request.src(g.residual_index()) : y;
  g.residual_m = stride_or(residual, y.rank - 2, 0);
  g.residual_n = stride_or(residual, y.rank - 1, 1);
  g.batch_rank = y.rank - 2;
  for (int d = 0; d < g.batch_rank; ++d) {
    g.batch[d] = y.dims[d];
    g.a_batch[d] = batch_stride(a, y.rank, d);
    g.b_batch[d] = batch_stride(b, y.rank, d);
    g.dst_batch[d] = stride_or(y, d, 0);
    g.residual_batch[d] = stride_or(residual, d, 0);
  }
  return g;
}

}  // namespace striate
