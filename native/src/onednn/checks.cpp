// What striate.h demands of a request, whatever kernel would run it: INVALID_ARGUMENT otherwise.
// The wording follows libstriate's.
#include <algorithm>

#include "base/checked.h"
#include "onednn/ops.h"

namespace striate::onednn {
namespace {

using LL = long long;

constexpr int64_t kMaxSize = int64_t{1} << 31;

void require_operands(const Request& request, int count, const char* op) {
  if (request.src_count() != count)
    fail(STRIATE_INVALID_ARGUMENT, "%s with these params has %d src, not %d", op, count,
         request.src_count());
}

void require_dims(const Tensor& t, const Tensor& as, const char* name) {
  if (!same_dims(t, as))
    fail(STRIATE_INVALID_ARGUMENT, "%s is %s; it should be %s", name, dims_text(t).c_str(),
         dims_text(as).c_str());
}

void require_vector(const Tensor& t, int64_t length, const char* name) {
  if (t.rank != 1 || t.dims[0] != length)
    fail(STRIATE_INVALID_ARGUMENT, "%s is %s; it should be [%lld]", name, dims_text(t).c_str(),
         LL(length));
}

void require_range(const char* name, int64_t value, int64_t least, int64_t most) {
  if (value < least || value > most)
    fail(STRIATE_INVALID_ARGUMENT, "%s is %lld; it must be %lld to %lld", name, LL(value),
         LL(least), LL(most));
}

void check_activation(striate_activation kind) {
  require_range("activation", kind, STRIATE_ACT_NONE, STRIATE_ACT_CLIP);
}

int epilogue_operands(const striate_epilogue& e) {
  return (e.has_bias != 0) + (e.has_residual != 0);
}

// `channels`: the length of the bias; the residual has the dims of dst.
void check_epilogue(const Request& request, const striate_epilogue& e, int own, int64_t channels) {
  check_activation(e.activation);
  if (e.has_bias != 0) require_vector(request.src(own), channels, "bias");
  if (e.has_residual != 0)
    require_dims(request.src(own + (e.has_bias != 0)), request.dst(), "residual");
}

template <class Params>
void check_window(const Params& p, int spatial_rank) {
  for (int i = 0; i < spatial_rank; ++i) {
    require_range("kernel", p.kernel[i], 1, kMaxSize);
    require_range("stride", p.stride[i], 1, kMaxSize);
    require_range("dilation", p.dilation[i], 1, kMaxSize);
    require_range("pad_begin", p.pad_begin[i], 0, kMaxSize);
    require_range("pad_end", p.pad_end[i], 0, kMaxSize);
  }
}

template <class Params>
int64_t reach_of(const Params& p, int i) {
  return checked_mul(p.dilation[i], p.kernel[i] - 1, "the dilated kernel") + 1;
}

void require_image(const Request& request, int spatial_rank) {
  require_range("spatial_rank", spatial_rank, 1, 3);
  if (request.src(0).rank != 2 + spatial_rank || request.dst().rank != 2 + spatial_rank)
    fail(STRIATE_INVALID_ARGUMENT, "with spatial_rank %d, x and dst have rank %d, not %s and %s",
         spatial_rank, 2 + spatial_rank, dims_text(request.src(0)).c_str(),
         dims_text(request.dst()).c_str());
}

void check_output(const Request& request, const striate_conv_params& p, bool transposed) {
  for (int i = 0; i < p.spatial_rank; ++i) {
    const int64_t in = request.src(0).dims[2 + i], out = request.dst().dims[2 + i];
    const int64_t reach = reach_of(p, i), pads = p.pad_begin[i] + p.pad_end[i];
    int64_t least, most;
    if (transposed) {
      least =
          checked_add(checked_mul(in - 1, p.stride[i], "the output"), reach - pads, "the output");
      most = least + std::max(p.stride[i], p.dilation[i]) - 1;  // output padding
    } else {
      const int64_t room = checked_add(in, pads, "the padded input") - reach;
      least = most = room < 0 ? 0 : room / p.stride[i] + 1;
    }
    if (out < least || out > most)
      fail(STRIATE_INVALID_ARGUMENT,
           "spatial dimension %d of dst is %lld; a kernel over %lld elements gives %lld to %lld", i,
           LL(out), LL(reach), LL(least), LL(most));
  }
}

}  // namespace

void check_conv(const Request& request) {
  const auto& p = request.params<striate_conv_params>();
  const bool transposed = request.op() == STRIATE_OP_CONV_TRANSPOSE;
  require_operands(request, 2 + epilogue_operands(p.epilogue), "a convolution");
  require_image(request, p.spatial_rank);
  const Tensor &x = request.src(0), &w = request.src(1), &y = request.dst();
  require_range("groups", p.groups, 1, kMaxSize);
  const int64_t ic = x.dims[1], oc = y.dims[1];
  if (ic % p.groups != 0 || oc % p.groups != 0)
    fail(STRIATE_INVALID_ARGUMENT, "%lld groups do not divide %lld input and %lld output channels",
         LL(p.groups), LL(ic), LL(oc));
  check_window(p, p.spatial_rank);
  Tensor expected{STRIATE_F32, 2 + p.spatial_rank, {}, {}};
  expected.dims[0] = transposed ? ic : oc;
  expected.dims[1] = (transposed ? oc : ic) / p.groups;
  for (int i = 0; i < p.spatial_rank; ++i) expected.dims[2 + i] = p.kernel[i];
  require_dims(w, expected, "weights");
  if (x.dims[0] != y.dims[0])
    fail(STRIATE_INVALID_ARGUMENT, "x %s and dst %s differ in the batch", dims_text(x).c_str(),
         dims_text(y).c_str());
  check_output(request, p, transposed);
  check_epilogue(request, p.epilogue, 2, oc);
}

void check_gemm(const Request& request) {
  const auto& p = request.params<striate_gemm_params>();
  require_operands(request, 2 + epilogue_operands(p.epilogue), "a matrix product");
  const Tensor &a = request.src(0), &b = request.src(1), &c = request.dst();
  if (a.rank < 2 || b.rank < 2 || c.rank != std::max(a.rank, b.rank))
    fail(STRIATE_INVALID_ARGUMENT, "a %s, b %s, dst %s: ranks are 2 or more, dst has the larger",
         dims_text(a).c_str(), dims_text(b).c_str(), dims_text(c).c_str());
  const int64_t m = a.dims[a.rank - (p.trans_a ? 1 : 2)], ka = a.dims[a.rank - (p.trans_a ? 2 : 1)];
  const int64_t n = b.dims[b.rank - (p.trans_b ? 2 : 1)], kb = b.dims[b.rank - (p.trans_b ? 1 : 2)];
  if (ka != kb || c.dims[c.rank - 2] != m || c.dims[c.rank - 1] != n)
    fail(STRIATE_INVALID_ARGUMENT,
         "a is %lld x %lld, b %lld x %lld, dst %s: inner sizes and dst do not fit", LL(m), LL(ka),
         LL(kb), LL(n), dims_text(c).c_str());
  for (int d = 0; d < c.rank - 2; ++d) {
    const int da = d - (c.rank - a.rank), db = d - (c.rank - b.rank);
    const int64_t la = da < 0 ? 1 : a.dims[da], lb = db < 0 ? 1 : b.dims[db];
    if ((la != 1 && lb != 1 && la != lb) || c.dims[d] != std::max(la, lb))
      fail(STRIATE_INVALID_ARGUMENT, "leading dims of a %s and b %s do not broadcast to dst %s",
           dims_text(a).c_str(), dims_text(b).c_str(), dims_text(c).c_str());
  }
  check_epilogue(request, p.epilogue, 2, n);
}

void check_pool(const Request& request) {
  const auto& p = request.params<striate_pool_params>();
  require_range("kind", p.kind, STRIATE_POOL_MAX, STRIATE_POOL_WEIGHTED);
  require_operands(request, p.kind == STRIATE_POOL_WEIGHTED ? 2 : 1, "pooling");
  require_image(request, p.spatial_rank);
  check_window(p, p.spatial_rank);
  const Tensor &x = request.src(0), &y = request.dst();
  if (x.dims[0] != y.dims[0] || x.dims[1] != y.dims[1])
    fail(STRIATE_INVALID_ARGUMENT, "x %s and dst %s differ in batch or channels",
         dims_text(x).c_str(), dims_text(y).c_str());
  if (p.kind == STRIATE_POOL_LP && !(p.p >= 1))
    fail(STRIATE_INVALID_ARGUMENT, "p is %g; it must be at least 1", static_cast<double>(p.p));
  for (int i = 0; i < p.spatial_rank; ++i) {
    const int64_t room = x.dims[2 + i] + p.pad_begin[i] + p.pad_end[i] - reach_of(p, i);
    const int64_t least = room < 0 ? 0 : room / p.stride[i] + 1;  // rounded down, or up
    const int64_t most = room < 0 ? 0 : ceil_div(room, p.stride[i]) + 1;
    if (y.dims[2 + i] < least || y.dims[2 + i] > most)
      fail(STRIATE_INVALID_ARGUMENT,
           "spatial dimension %d of dst is %lld; the window gives %lld to %lld", i,
           LL(y.dims[2 + i]), LL(least), LL(most));
  }
  if (p.kind == STRIATE_POOL_WEIGHTED) {
    Tensor expected{STRIATE_F32, p.spatial_rank, {}, {}};
    for (int i = 0; i < p.spatial_rank; ++i) expected.dims[i] = p.kernel[i];
    require_dims(request.src(1), expected, "the window's weights");
  }
}

void check_batch_norm(const Request& request) {
  const auto& p = request.params<striate_batch_norm_params>();
  require_operands(request, 5, "batch normalisation");
  require_dims(request.src(0), request.dst(), "x");
  if (request.dst().rank < 2)
    fail(STRIATE_INVALID_ARGUMENT, "x is %s; it has no channel dimension",
         dims_text(request.dst()).c_str());
  if (!(p.epsilon >= 0))
    fail(STRIATE_INVALID_ARGUMENT, "epsilon is %g; it must not be negative",
         static_cast<double>(p.epsilon));
  check_activation(p.activation);
  for (int i = 1; i < 5; ++i)
    require_vector(request.src(i), request.dst().dims[1], "a channel vector");
}

void check_lrn(const Request& request) {
  const auto& p = request.params<striate_lrn_params>();
  require_operands(request, 1, "LRN");
  require_dims(request.src(0), request.dst(), "x");
  require_range("size", p.size, 1, kMaxSize);
  const int rank = request.dst().rank;
  if (p.within ? rank != 4 : rank < 2)
    fail(STRIATE_INVALID_ARGUMENT, "x is %s; it must be %s", dims_text(request.dst()).c_str(),
         p.within ? "N, C, H, W" : "N, C, ...");
}

void check_unary(const Request& request) {
  require_operands(request, 1, "an element-wise op");
  require_dims(request.src(0), request.dst(), "x");
  check_activation(request.params<striate_unary_params>().activation);
}

namespace {

void require_broadcast(const Tensor& t, const Tensor& to, const char* name) {
  bool fits = t.rank == to.rank;
  for (int d = 0; fits && d < t.rank; ++d) fits = t.dims[d] == 1 || t.dims[d] == to.dims[d];
  if (!fits)
    fail(STRIATE_INVALID_ARGUMENT, "%s %s does not broadcast to %s", name, dims_text(t).c_str(),
         dims_text(to).c_str());
}

}  // namespace

void check_prelu(const Request& request) {
  require_operands(request, 2, "PReLU");
  require_dims(request.src(0), request.dst(), "x");
  require_broadcast(request.src(1), request.dst(), "slope");
}

void check_softmax(const Request& request) {
  require_operands(request, 1, "softmax");
  require_dims(request.src(0), request.dst(), "x");
  require_range("axis", request.params<striate_softmax_params>().axis, 0, request.dst().rank - 1);
}

void check_binary(const Request& request) {
  const auto& p = request.params<striate_binary_params>();
  const bool adds = p.kind == STRIATE_BINARY_MUL && request.src_count() == 3;
  require_operands(request, adds ? 3 : 2, "a binary op");
  require_range("kind", p.kind, STRIATE_BINARY_ADD, STRIATE_BINARY_DIV);
  check_activation(p.activation);
  const Tensor &a = request.src(0), &b = request.src(1), &y = request.dst();
  require_broadcast(a, y, "a");
  require_broadcast(b, y, "b");
  for (int d = 0; d < y.rank; ++d)
    if (y.dims[d] != std::max(a.dims[d], b.dims[d]))
      fail(STRIATE_INVALID_ARGUMENT, "dst is %s, but %s and %s broadcast to less",
           dims_text(y).c_str(), dims_text(a).c_str(), dims_text(b).c_str());
  if (adds) require_dims(request.src(2), y, "c");
}

void check_reduce(const Request& request) {
  const auto& p = request.params<striate_reduce_params>();
  require_operands(request, 1, "a reduction");
  require_range("kind", p.kind, STRIATE_REDUCE_SUM, STRIATE_REDUCE_MAX);
  Tensor expected = request.src(0);
  if (p.axes_mask >> expected.rank != 0)
    fail(STRIATE_INVALID_ARGUMENT, "axes_mask 0x%x names an axis that x %s has not", p.axes_mask,
         dims_text(expected).c_str());
  for (int d = 0; d < expected.rank; ++d)
    if (p.axes_mask >> d & 1) expected.dims[d] = 1;
  require_dims(request.dst(), expected, "dst");
}

void check_pad(const Request& request) {
  const auto& p = request.params<striate_pad_params>();
  require_operands(request, 1, "padding");
  require_range("mode", p.mode, STRIATE_PAD_CONSTANT, STRIATE_PAD_EDGE);
  if (request.src(0).rank != request.dst().rank)
    fail(STRIATE_INVALID_ARGUMENT, "x %s and dst %s differ in rank",
         dims_text(request.src(0)).c_str(), dims_text(request.dst()).c_str());
}

void check_resize(const Request& request) {
  const auto& p = request.params<striate_resize_params>();
  require_operands(request, 1, "resizing");
  require_range("mode", p.mode, STRIATE_RESIZE_NEAREST, STRIATE_RESIZE_LINEAR);
  require_range("coordinates", p.coordinates, STRIATE_RESIZE_HALF_PIXEL, STRIATE_RESIZE_ASYMMETRIC);
  require_range("nearest", p.nearest, STRIATE_RESIZE_ROUND_PREFER_FLOOR, STRIATE_RESIZE_CEIL);
  require_image(request, request.dst().rank - 2);
  const Tensor &x = request.src(0), &y = request.dst();
  if (x.dims[0] != y.dims[0] || x.dims[1] != y.dims[1])
    fail(STRIATE_INVALID_ARGUMENT, "x %s and dst %s differ in batch or channels",
         dims_text(x).c_str(), dims_text(y).c_str());
  for (int d = 2; d < y.rank; ++d)
    if (!(p.scales[d] > 0))
      fail(STRIATE_INVALID_ARGUMENT, "scales[%d] is %g; it must be positive", d,
           static_cast<double>(p.scales[d]));
}

void check_copy(const Request& request) {
  require_operands(request, 1, "a copy");
  require_dims(request.src(0), request.dst(), "x");
}

void check_request(const striate_kernel_request* raw) {
  if (raw == nullptr) fail(STRIATE_INVALID_ARGUMENT, "request is NULL");
  const OpEntry& op = op_entry(raw->op);
  require_range("src_count", raw->src_count, 1, 8);
  require_range("dst_count", raw->dst_count, 1, 1);
  require_range("threads", raw->threads, 1, 1 << 16);
  require_range("accuracy", raw->accuracy, STRIATE_ACCURACY_DEFAULT, STRIATE_ACCURACY_FAST);
  if (raw->src == nullptr || raw->dst == nullptr)
    fail(STRIATE_INVALID_ARGUMENT, "%s is NULL", raw->src == nullptr ? "src" : "dst");
  if (op.params_bytes > 0 && (raw->params == nullptr || raw->params_bytes != op.params_bytes))
    fail(STRIATE_INVALID_ARGUMENT,
         "params of %s are %lld bytes, not %lld: caller and library were built from different "
         "headers",
         op.name, LL(op.params_bytes), raw->params == nullptr ? 0LL : LL(raw->params_bytes));
  for (int i = 0; i < raw->src_count; ++i) check_tensor(raw->src[i], "a src");
  check_writable(raw->dst[0], "dst");
  op.check(Request(*raw));
  for (int i = 0; i < raw->src_count; ++i)
    if (raw->src[i].dtype != STRIATE_F32 || raw->dst[0].dtype != STRIATE_F32)
      fail(STRIATE_UNSUPPORTED, "this adapter computes f32 only; src[%d] has dtype %d and dst %d",
           i, raw->src[i].dtype, raw->dst[0].dtype);
}

}  // namespace striate::onednn
