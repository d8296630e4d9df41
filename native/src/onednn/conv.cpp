// CONV and CONV_TRANSPOSE: oneDNN's convolution and deconvolution, weights packed as it likes.
//
// oneDNN's fast kernels want pixels without gaps. An operand with gaps is staged through scratch;
// except that a 1x1 convolution of stride 1 is a matrix product over pixels, which knows gaps.
#include <algorithm>

#include "onednn/ops.h"

namespace striate::onednn {
namespace {

using dnnl::memory;

memory::dims dims_of(const int64_t* values, int count, int64_t minus = 0) {
  memory::dims result(values, values + count);
  for (auto& value : result) value -= minus;
  return result;
}

// Weights as oneDNN orders dimensions: [OC, IC, K...], or [G, OC/G, IC/G, K...] when grouped. Those
// of a transposed convolution are stored [IC, OC/G, K...].
Desc weights_desc(const Tensor& w, int64_t groups, bool transposed, bool any) {
  const Tensor t = normalized(w, order_of(w));
  const int64_t first = t.dims[0] / groups;
  memory::dims dims, strides;
  if (groups > 1) {
    dims.push_back(groups);
    strides.push_back(first * t.strides[0]);
  }
  dims.push_back(transposed ? t.dims[1] : first);
  strides.push_back(transposed ? t.strides[1] : t.strides[0]);
  dims.push_back(transposed ? first : t.dims[1]);
  strides.push_back(transposed ? t.strides[0] : t.strides[1]);
  for (int d = 2; d < t.rank; ++d) {
    dims.push_back(t.dims[d]);
    strides.push_back(t.strides[d]);
  }
  if (any) return Desc(dims, memory::data_type::f32, memory::format_tag::any);
  for (size_t d = 0; d < dims.size(); ++d)
    if (dims[d] > 1 && strides[d] < 1)
      fail(STRIATE_UNSUPPORTED, "oneDNN has no negative or zero strides; the weights are %s",
           layout_text(w).c_str());
  return Desc(dims, memory::data_type::f32, strides);
}

Desc dense_vector(int64_t count) {
  return Desc({count}, memory::data_type::f32, memory::format_tag::a);
}

// Where src, dst and residual lie while oneDNN computes.
struct Layouts {
  Desc x;
  Desc y;
  Desc residual;
};

// What CONV and CONV_TRANSPOSE share: epilogue, choice of layouts, arguments.
template <class Primitive, class Make>
void plan(Builder& builder, bool transposed, Make make) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_conv_params>();
  const bool bias = p.epilogue.has_bias != 0, residual = p.epilogue.has_residual != 0;
  const int residual_index = 2 + (bias ? 1 : 0);
  const View x(request.src(0), "x"), y(request.dst(), "dst");
  const View r(residual ? request.src(residual_index) : request.dst(), "residual");
  const Desc b = bias ? dense_vector(request.dst().dims[1]) : Desc();
  const Desc any_x(x.have.get_dims(), memory::data_type::f32, memory::format_tag::any);
  const Desc any_y(y.have.get_dims(), memory::data_type::f32, memory::format_tag::any);

  std::vector<Layouts> attempts = {{x.preferred(), y.preferred(), r.preferred()},
                                   {x.preferred(), y.preferred(), y.preferred()},
                                   {x.packed, y.packed, y.packed}};
  if (!residual) attempts.push_back({any_x, any_y, any_y});

  auto [pd, at] = choose<typename Primitive::primitive_desc>(attempts, [&](const Layouts& l) {
    dnnl::post_ops ops;
    if (residual) ops.append_binary(dnnl::algorithm::binary_add, l.residual);
    append_activation(ops, {p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta});
    return make(l.x, b, l.y, attributes(ops));
  });
  if (is_reference(pd))
    fail(STRIATE_UNSUPPORTED, "oneDNN has only its reference loops for this shape (%s)",
         pd.impl_info_str());

  std::vector<Argument> arguments;
  const Desc src = pd.src_desc(), dst = pd.dst_desc(), weights = pd.weights_desc();
  arguments.push_back({DNNL_ARG_SRC, src, builder.read(0, x.have, src)});
  const Desc have = weights_desc(request.src(1), p.groups, transposed, false);
  arguments.push_back({DNNL_ARG_WEIGHTS, weights, builder.read(1, have, weights)});
  if (bias)
    arguments.push_back({DNNL_ARG_BIAS, b, builder.read(2, desc_of(request.src(2), "bias"), b)});
  if (residual)
    arguments.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, at.residual,
                         builder.read(residual_index, r.have, at.residual)});
  const Place out = builder.write(y.have, dst);
  arguments.push_back({DNNL_ARG_DST, dst, out});
  builder.compute(pd, std::move(arguments));
  builder.store(y.have, dst, out);
}

// [pixels, channels] of an image whose pixels are equally far apart.
bool as_matrix(const Tensor& t, Tensor* matrix) {
  const Tensor n = normalized(t, order_of(t));
  if (n.dims[1] > 1 && n.strides[1] != 1) return false;
  int64_t pixels = 1, pitch = 0;
  for (int i = n.rank - 1; i != 1; i = i == 2 ? 0 : i - 1) {  // W, H, D, N
    if (n.dims[i] > 1) {
      if (pitch == 0) pitch = n.strides[i] / pixels;
      if (n.strides[i] != pitch * pixels) return false;
    }
    pixels *= n.dims[i];
    if (i == 0) break;
  }
  if (pitch == 0) pitch = n.dims[1];
  *matrix = Tensor{STRIATE_F32, 2, {pixels, n.dims[1]}, {pitch, 1}};
  return pitch >= n.dims[1];
}

bool is_pointwise(const striate_conv_params& p) {
  if (p.groups != 1) return false;
  for (int i = 0; i < p.spatial_rank; ++i)
    if (p.kernel[i] != 1 || p.stride[i] != 1 || p.pad_begin[i] != 0 || p.pad_end[i] != 0)
      return false;
  return true;
}

// A 1x1 convolution with gaps between pixels as a matrix product; false when that does not fit.
bool plan_pointwise(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_conv_params>();
  const bool bias = p.epilogue.has_bias != 0, residual = p.epilogue.has_residual != 0;
  const int residual_index = 2 + (bias ? 1 : 0);
  Tensor a, c, r;
  if (!is_pointwise(p) || (is_dense(request.src(0)) && is_dense(request.dst()))) return false;
  if (!as_matrix(request.src(0), &a) || !as_matrix(request.dst(), &c)) return false;
  if (residual && !as_matrix(request.src(residual_index), &r)) return false;
  const Tensor w = normalized(request.src(1), order_of(request.src(1)));
  const Tensor b{STRIATE_F32, 2, {w.dims[1], w.dims[0]}, {w.strides[1], w.strides[0]}};
  const Desc src = desc_of(a, "x"), dst = desc_of(c, "dst"), have = desc_of(b, "weights");
  const Desc any({b.dims[0], b.dims[1]}, memory::data_type::f32, memory::format_tag::any);
  const Desc bias_row({1, c.dims[1]}, memory::data_type::f32, memory::format_tag::ab);
  const Desc add = residual ? desc_of(r, "residual") : Desc();
  const Desc add_packed({c.dims[0], c.dims[1]}, memory::data_type::f32, memory::format_tag::ab);

  std::optional<std::pair<dnnl::matmul::primitive_desc, Desc>> chosen;
  try {
    chosen = choose<dnnl::matmul::primitive_desc>(
        std::vector<Desc>{add, add_packed}, [&](const Desc& r_desc) {
          dnnl::post_ops ops;
          if (residual) ops.append_binary(dnnl::algorithm::binary_add, r_desc);
          append_activation(ops, {p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta});
          return dnnl::matmul::primitive_desc(engine(), src, any, bias ? bias_row : Desc(), dst,
                                              attributes(ops));
        });
  } catch (const Failure&) {
    return false;
  }
  auto& [pd, r_desc] = *chosen;
  if (is_reference(pd)) return false;
  std::vector<Argument> arguments;
  arguments.push_back({DNNL_ARG_SRC, src, builder.read(0, src, src)});
  arguments.push_back(
      {DNNL_ARG_WEIGHTS, pd.weights_desc(), builder.read(1, have, pd.weights_desc())});
  if (bias) {
    const Tensor vector = with_rank(request.src(2), 2);
    arguments.push_back(
        {DNNL_ARG_BIAS, bias_row,
         builder.read(2, desc_of(normalized(vector, row_major(2)), "bias"), bias_row)});
  }
  if (residual)
    arguments.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, r_desc,
                         builder.read(residual_index, add, r_desc)});
  arguments.push_back({DNNL_ARG_DST, dst, builder.write(dst, dst)});
  builder.compute(pd, std::move(arguments));
  return true;
}

bool has_window_of_padding(const Request& request, const striate_conv_params& p) {
  for (int i = 0; i < p.spatial_rank; ++i)
    if (!every_window_is_real(request.src(0).dims[2 + i], request.dst().dims[2 + i], p.kernel[i],
                              p.stride[i], p.dilation[i], p.pad_begin[i]))
      return true;
  return false;
}

}  // namespace

void plan_conv(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_conv_params>();
  const int r = p.spatial_rank;
  if (plan_pointwise(builder)) return;
  const Desc w = weights_desc(request.src(1), p.groups, false, true);
  const bool only_padding = has_window_of_padding(request, p);
  plan<dnnl::convolution_forward>(
      builder, false,
      [&, only_padding](const Desc& x, const Desc& b, const Desc& y,
                        const dnnl::primitive_attr& attr) {
        const auto kind = dnnl::prop_kind::forward_inference;
        const auto direct = dnnl::algorithm::convolution_direct;
        const memory::dims stride = dims_of(p.stride, r), dilation = dims_of(p.dilation, r, 1);
        const memory::dims begin = dims_of(p.pad_begin, r), end = dims_of(p.pad_end, r);
        dnnl::convolution_forward::primitive_desc pd(engine(), kind, direct, x, w, b, y, stride,
                                                     dilation, begin, end, attr);
        // oneDNN 3.11 follows a null pointer in brgemm_convolution_fwd_t::perform_outwork for some
        // convolutions with such windows, so they go to another of its implementations.
        while (only_padding && implementation_of(pd).find("brg") != std::string::npos)
          if (!pd.next_impl())
            fail(STRIATE_UNSUPPORTED, "oneDNN is not safe where a window holds only padding");
        return pd;
      });
}

void plan_conv_transpose(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_conv_params>();
  const int r = p.spatial_rank;
  const Desc w = weights_desc(request.src(1), p.groups, true, true);
  // oneDNN takes the input size of the matching convolution for granted, so its end padding has
  // to absorb the output padding.
  memory::dims end;
  for (int i = 0; i < r; ++i) {
    const int64_t reach = p.dilation[i] * (p.kernel[i] - 1) + 1;
    const int64_t in = request.src(0).dims[2 + i], out = request.dst().dims[2 + i];
    end.push_back((in - 1) * p.stride[i] + reach - p.pad_begin[i] - out);
  }
  plan<dnnl::deconvolution_forward>(
      builder, true,
      [&](const Desc& x, const Desc& b, const Desc& y, const dnnl::primitive_attr& attr) {
        const auto kind = dnnl::prop_kind::forward_inference;
        const auto direct = dnnl::algorithm::deconvolution_direct;
        const memory::dims stride = dims_of(p.stride, r), dilation = dims_of(p.dilation, r, 1);
        const memory::dims begin = dims_of(p.pad_begin, r);
        return dnnl::deconvolution_forward::primitive_desc(engine(), kind, direct, x, w, b, y,
                                                           stride, dilation, begin, end, attr);
      });
}

}  // namespace striate::onednn
