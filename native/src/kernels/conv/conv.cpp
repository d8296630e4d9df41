#include "kernels/conv/conv.h"

#include <algorithm>

#include "base/checked.h"
#include "kernels/igemm/packed_weights.h"
#include "kernels/op_families.h"

namespace striate {
namespace {

using LL = long long;

constexpr int64_t kMaxSize = int64_t{1} << 31;  // of kernel, stride, dilation, padding

void check_size(const char* name, int axis, int64_t value, int64_t least) {
  if (value < least || value > kMaxSize)
    fail(STRIATE_INVALID_ARGUMENT, "%s[%d] is %lld; it must be %lld to 2^31", name, axis, LL(value),
         LL(least));
}

const striate_conv_params& conv_params(const Request& request) {
  return request.op() == STRIATE_OP_CONV_POOL ? request.params<striate_conv_pool_params>().conv
                                              : request.params<striate_conv_params>();
}

// Outputs along spatial dimension i; 1 where the window makes no sense, which check_window says.
int64_t conv_size(const striate_conv_params& p, int i, int64_t in) {
  for (int64_t size : {p.kernel[i], p.stride[i], p.dilation[i]})
    if (size < 1 || size > kMaxSize) return 1;
  for (int64_t pad : {p.pad_begin[i], p.pad_end[i]})
    if (pad < 0 || pad > kMaxSize) return 1;
  const int64_t reach = checked_mul(p.dilation[i], p.kernel[i] - 1, "the dilated kernel") + 1;
  const int64_t room = checked_add(in, p.pad_begin[i] + p.pad_end[i], "the padded input");
  return room < reach ? 1 : (room - reach) / p.stride[i] + 1;
}

void check_window(const Request& request, const striate_conv_params& p, const Tensor& y) {
  const bool transposed = request.op() == STRIATE_OP_CONV_TRANSPOSE;
  const Tensor &x = request.src(0), &w = request.src(1);
  for (int i = 0; i < p.spatial_rank; ++i) {
    check_size("kernel", i, p.kernel[i], 1);
    check_size("stride", i, p.stride[i], 1);
    check_size("dilation", i, p.dilation[i], 1);
    check_size("pad_begin", i, p.pad_begin[i], 0);
    check_size("pad_end", i, p.pad_end[i], 0);
    if (w.dims[2 + i] != p.kernel[i])
      fail(STRIATE_INVALID_ARGUMENT, "kernel[%d] is %lld, but the weights are %s", i,
           LL(p.kernel[i]), dims_text(w).c_str());
    const int64_t in = x.dims[2 + i], out = y.dims[2 + i];
    const int64_t reach = checked_mul(p.dilation[i], p.kernel[i] - 1, "the dilated kernel") + 1;
    const int64_t pads = p.pad_begin[i] + p.pad_end[i];
    if (!transposed) {
      const int64_t room = checked_add(in, pads, "the padded input");
      if (room < reach)
        fail(STRIATE_INVALID_ARGUMENT,
             "the kernel reaches over %lld in spatial dimension %d, but the padded input has %lld",
             LL(reach), i, LL(room));
      if (out != conv_size(p, i, in))
        fail(STRIATE_INVALID_ARGUMENT,
             "spatial dimension %d of dst is %lld, but the convolution of %lld gives %lld", i,
             LL(out), LL(in), LL(conv_size(p, i, in)));
    } else {
      const int64_t full =
          checked_add(checked_mul(in - 1, p.stride[i], "the output"), reach, "the output");
      // output_padding below the stride or the dilation, as in ONNX and PyTorch
      const int64_t slack = (p.stride[i] > p.dilation[i] ? p.stride[i] : p.dilation[i]) - 1;
      if (out < full - pads || out > full - pads + slack)
        fail(STRIATE_INVALID_ARGUMENT,
             "spatial dimension %d of dst is %lld, but the transposed convolution of %lld gives "
             "%lld, plus an output padding of 0 to %lld",
             i, LL(out), LL(in), LL(full - pads), LL(slack));
    }
  }
}

// `y`: dst, or what is pooled into it.
void check_result(const Request& request, const striate_conv_params& p, const Tensor& y) {
  const bool transposed = request.op() == STRIATE_OP_CONV_TRANSPOSE;
  const int operands = 2 + (p.epilogue.has_bias != 0) + (p.epilogue.has_residual != 0);
  if (request.src_count() != operands || request.dst_count() != 1)
    fail(STRIATE_INVALID_ARGUMENT,
         "a convolution with has_bias %d and has_residual %d has %d src and 1 dst, not %d and %d",
         p.epilogue.has_bias, p.epilogue.has_residual, operands, request.src_count(),
         request.dst_count());
  if (p.spatial_rank < 1 || p.spatial_rank > 3)
    fail(STRIATE_INVALID_ARGUMENT, "spatial_rank is %d; it must be 1, 2 or 3", p.spatial_rank);
  check_activation({p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta});
  const Tensor &x = request.src(0), &w = request.src(1);
  const int rank = 2 + p.spatial_rank;
  if (x.rank != rank || w.rank != rank || y.rank != rank)
    fail(STRIATE_INVALID_ARGUMENT,
         "with spatial_rank %d, x, weights and dst have rank %d, not %s, %s, %s", p.spatial_rank,
         rank, dims_text(x).c_str(), dims_text(w).c_str(), dims_text(y).c_str());
  const int64_t channels_in = x.dims[1], channels_out = y.dims[1];
  if (p.groups < 1 || channels_in % p.groups != 0 || channels_out % p.groups != 0)
    fail(STRIATE_INVALID_ARGUMENT,
         "%lld groups divide neither or not both of %lld input and %lld output channels",
         LL(p.groups), LL(channels_in), LL(channels_out));
  const int64_t w0 = transposed ? channels_in : channels_out;
  const int64_t w1 = (transposed ? channels_out : channels_in) / p.groups;
  if (x.dims[0] != y.dims[0] || w.dims[0] != w0 || w.dims[1] != w1)
    fail(STRIATE_INVALID_ARGUMENT,
         "x %s, weights %s and dst %s do not fit for %lld groups: the weights should begin with "
         "[%lld, %lld]",
         dims_text(x).c_str(), dims_text(w).c_str(), dims_text(y).c_str(), LL(p.groups), LL(w0),
         LL(w1));
  check_window(request, p, y);
  if (p.epilogue.has_bias != 0) {
    const Tensor& bias = request.src(2);
    if (bias.rank != 1 || bias.dims[0] != channels_out)
      fail(STRIATE_INVALID_ARGUMENT, "bias is %s; it should be [%lld]", dims_text(bias).c_str(),
           LL(channels_out));
  }
  if (p.epilogue.has_residual != 0) {
    const Tensor& residual = request.src(operands - 1);
    if (!same_dims(residual, y))
      fail(STRIATE_INVALID_ARGUMENT, "residual is %s; it should be as dst, %s",
           dims_text(residual).c_str(), dims_text(y).c_str());
  }
  for (int i = 0; i < request.src_count(); ++i)
    if (request.src(i).dtype != STRIATE_F32 || y.dtype != STRIATE_F32)
      fail(STRIATE_UNSUPPORTED,
           "convolution in this library is f32 only; src[%d] has dtype %d and dst %d", i,
           request.src(i).dtype, y.dtype);
}

}  // namespace

void check_conv(const Request& request) {
  check_result(request, conv_params(request), request.dst());
}

void check_conv_pool(const Request& request) {
  const auto& p = request.params<striate_conv_pool_params>();
  if (p.conv.spatial_rank != p.pool.spatial_rank)
    fail(STRIATE_INVALID_ARGUMENT,
         "the convolution has %d spatial dimensions, the pooling of its result %d",
         p.conv.spatial_rank, p.pool.spatial_rank);
  if (p.pool.kind == STRIATE_POOL_WEIGHTED)
    fail(STRIATE_UNSUPPORTED, "pooling by window weights is an op of its own here");
  Tensor y = request.dst();  // the convolution's result
  const int rank = std::min({p.conv.spatial_rank, y.rank - 2, 3});
  if (request.src_count() >= 2 && request.src(0).rank == y.rank && request.src(1).rank == y.rank)
    for (int i = 0; i < rank; ++i) y.dims[2 + i] = conv_size(p.conv, i, request.src(0).dims[2 + i]);
  check_result(request, p.conv, y);
  check_pooling(p.pool, y, request.dst());
}

std::string pools_apart(const Request& request) {
  if (request.op() != STRIATE_OP_CONV_POOL) return "";
  const auto& p = request.params<striate_conv_pool_params>();
  if (p.pool.spatial_rank != 2 || p.pool.kind > STRIATE_POOL_AVERAGE_EXCLUDE_PAD)
    return "it pools no images, or neither maxima nor averages";
  for (int i = 0; i < 2; ++i) {
    const int64_t size = conv_size(p.conv, i, request.src(0).dims[2 + i]);
    if (p.pool.kernel[i] != 2 || p.pool.stride[i] != 2 || p.pool.dilation[i] != 1 ||
        p.pool.pad_begin[i] != 0 || 2 * request.dst().dims[2 + i] > size)
      return "it pools other windows than 2x2, stride 2, all inside";
  }
  return "";
}

ConvGeometry conv_geometry(const Request& request) {
  const auto& p = conv_params(request);
  const Tensor &x = request.src(0), &w = request.src(1), &y = request.dst();
  ConvGeometry g{};
  g.transposed = request.op() == STRIATE_OP_CONV_TRANSPOSE;
  g.n = x.dims[0];
  g.groups = p.groups;
  g.ic = x.dims[1] / p.groups;
  g.oc = y.dims[1] / p.groups;
  g.has_bias = p.epilogue.has_bias != 0;
  g.has_residual = p.epilogue.has_residual != 0;
  g.activation = {p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta};
  if (request.op() == STRIATE_OP_CONV_POOL)
    g.pooling = request.params<striate_conv_pool_params>().pool.kind == STRIATE_POOL_MAX
                    ? Pooling::kMax
                    : Pooling::kAverage;
  g.src_n = stride_or(x, 0, 0);
  g.src_c = stride_or(x, 1, 1);
  g.dst_n = stride_or(y, 0, 0);
  g.dst_c = stride_or(y, 1, 1);
  g.weights_o = stride_or(w, g.transposed ? 1 : 0, 0);
  g.weights_i = stride_or(w, g.transposed ? 0 : 1, 0);
  g.weights_g = g.transposed ? g.ic * g.weights_i : g.oc * g.weights_o;
  if (g.has_bias) g.bias_stride = stride_or(request.src(2), 0, 0);
  for (int i = 0; i < 3; ++i) {
    const int from = i - (3 - p.spatial_rank);  // index into the caller's arrays
    const bool real = from >= 0;
    g.in[i] = real ? x.dims[2 + from] : 1;
    g.out[i] = real ? y.dims[2 + from] : 1;
    g.kernel[i] = real ? p.kernel[from] : 1;
    g.stride[i] = real ? p.stride[from] : 1;
    g.dilation[i] = real ? p.dilation[from] : 1;
    g.pad[i] = real ? p.pad_begin[from] : 0;
    g.pad_end[i] = real ? p.pad_end[from] : 0;
    g.src_s[i] = real ? stride_or(x, 2 + from, 0) : 0;
    g.dst_s[i] = real ? stride_or(y, 2 + from, 0) : 0;
    if (real && g.pooling != Pooling::kNone) g.out[i] *= 2;
    g.weights_k[i] = real ? stride_or(w, 2 + from, 0) : 0;
  }
  if (g.has_residual) {
    const Tensor& r = request.src(g.residual_index());
    g.residual_n = stride_or(r, 0, 0);
    g.residual_c = stride_or(r, 1, 1);
    for (int i = 0; i < 3; ++i) {
      const int from = i - (3 - p.spatial_rank);
      g.residual_s[i] = from >= 0 ? stride_or(r, 2 + from, 0) : 0;
    }
  }
  return g;
}

WeightView weight_view(const Request& request, const ConvGeometry& g, int64_t group,
                       const std::vector<int64_t>& taps) {
  WeightView view{};
  view.base = request.constant_f32(1) + group * g.weights_g;
  view.channel_stride = g.weights_o;
  view.tap_offset = taps.data();
  view.taps = static_cast<int64_t>(taps.size());
  view.run = g.ic;
  view.k_stride = g.weights_i;
  return view;
}

}  // namespace striate
