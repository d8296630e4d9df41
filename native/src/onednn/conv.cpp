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

  const auto attempt = [&](const Layouts& l, const Desc& w) {
    dnnl::post_ops ops;
    if (residual) ops.append_binary(dnnl::algorithm::binary_add, l.residual);
    append_activation(ops, {p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta});
    return make(l.x, w, b, l.y, attributes(ops));
  };
  const Desc have = weights_desc(request.src(1), p.groups, transposed, false);
  const Desc any = weights_desc(request.src(1), p.groups, transposed, true);
  auto chosen = choose<typename Primitive::primitive_desc>(
      attempts, [&](const Layouts& l) { return attempt(l, any); });
  const Layouts& at = chosen.second;
  const auto pd = sharing_weights(builder, have, chosen.first,
                                  [&](const Desc& packed) { return attempt(at, packed); });
  if (is_reference(pd))
    fail(STRIATE_UNSUPPORTED, "oneDNN has only its reference loops for this shape (%s)",
         pd.impl_info_str());

  std::vector<Argument> arguments;
  const Desc src = pd.src_desc(), dst = pd.dst_desc(), weights = pd.weights_desc();
  arguments.push_back({DNNL_ARG_SRC, src, builder.read(0, x.have, src)});
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

// [rows, pixels of a row, channels] of an image, every `step`-th row and pixel of it, or
// [1, pixels, channels] where all pixels are equally far apart.
bool as_matrices(const Tensor& t, const int64_t* step, const Tensor& dst, bool flat,
                 Tensor* matrices) {
  const Tensor n = normalized(t, order_of(t));
  if (n.rank > 4 || n.dims[0] > 1 || (n.dims[1] > 1 && n.strides[1] != 1)) return false;
  const int last = n.rank - 1;
  const int64_t rows = n.rank == 4 ? dst.dims[2] : 1, columns = dst.dims[last];
  const int64_t row = n.rank == 4 ? n.strides[2] * step[0] : n.strides[last] * columns;
  const int64_t pixel = n.strides[last] * step[n.rank - 3];
  if (rows * columns > 1 && std::min(row, pixel) < n.dims[1]) return false;
  *matrices = Tensor{STRIATE_F32, 3, {rows, columns, n.dims[1]}, {row, pixel, 1}};
  if (flat) {
    if (rows > 1 && columns > 1 && row != pixel * columns) return false;
    *matrices = Tensor{STRIATE_F32,
                       3,
                       {1, rows * columns, n.dims[1]},
                       {pixel * rows * columns, columns > 1 ? pixel : row, 1}};
  }
  return true;
}

bool is_flat(const striate_conv_params& p) {
  for (int i = 0; i < p.spatial_rank; ++i)
    if (p.stride[i] != 1) return false;
  return true;
}

bool is_pointwise(const striate_conv_params& p) {
  if (p.groups != 1) return false;
  for (int i = 0; i < p.spatial_rank; ++i)
    if (p.kernel[i] != 1 || p.pad_begin[i] != 0 || p.pad_end[i] != 0) return false;
  return true;
}

// A 1x1 convolution with gaps between pixels as matrix products; false when that does not fit.
bool plan_pointwise(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_conv_params>();
  const bool bias = p.epilogue.has_bias != 0, residual = p.epilogue.has_residual != 0;
  const int residual_index = 2 + (bias ? 1 : 0);
  const Tensor& y = request.dst();
  const int64_t ones[] = {1, 1, 1};
  Tensor a, c, r;
  if (!is_pointwise(p) || (is_dense(request.src(0)) && is_dense(y))) return false;
  const bool flat = is_flat(p);
  if (!as_matrices(request.src(0), p.stride, y, flat, &a)) return false;
  if (!as_matrices(y, ones, y, flat, &c)) return false;
  if (residual && !as_matrices(request.src(residual_index), ones, y, flat, &r)) return false;
  const Tensor w = normalized(request.src(1), order_of(request.src(1)));
  const Tensor b{STRIATE_F32, 3, {1, w.dims[1], w.dims[0]}, {1, w.strides[1], w.strides[0]}};
  const Desc src = desc_of(a, "x"), dst = desc_of(c, "dst"), have = desc_of(b, "weights");
  const Desc any({1, b.dims[1], b.dims[2]}, memory::data_type::f32, memory::format_tag::any);
  const Desc bias_row({1, 1, c.dims[2]}, memory::data_type::f32, memory::format_tag::abc);
  const Desc add = residual ? desc_of(r, "residual") : Desc();
  const Desc add_packed(dst.get_dims(), memory::data_type::f32, memory::format_tag::abc);

  const auto attempt = [&](const Desc& r_desc, const Desc& weights) {
    dnnl::post_ops ops;
    if (residual) ops.append_binary(dnnl::algorithm::binary_add, r_desc);
    append_activation(ops, {p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta});
    return dnnl::matmul::primitive_desc(engine(), src, weights, bias ? bias_row : Desc(), dst,
                                        attributes(ops));
  };
  std::optional<std::pair<dnnl::matmul::primitive_desc, Desc>> chosen;
  try {
    chosen = choose<dnnl::matmul::primitive_desc>(std::vector<Desc>{add, add_packed},
                                                  [&](const Desc& r) { return attempt(r, any); });
  } catch (const Failure&) {
    return false;
  }
  const Desc& r_desc = chosen->second;
  const auto pd = sharing_weights(builder, have, chosen->first,
                                  [&](const Desc& packed) { return attempt(r_desc, packed); });
  if (is_reference(pd)) return false;
  std::vector<Argument> arguments;
  arguments.push_back({DNNL_ARG_SRC, src, builder.read(0, src, src)});
  arguments.push_back(
      {DNNL_ARG_WEIGHTS, pd.weights_desc(), builder.read(1, have, pd.weights_desc())});
  if (bias) {
    const Tensor vector = normalized(with_rank(request.src(2), 3), row_major(3));
    arguments.push_back(
        {DNNL_ARG_BIAS, bias_row, builder.read(2, desc_of(vector, "bias"), bias_row)});
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
  const bool only_padding = has_window_of_padding(request, p);
  plan<dnnl::convolution_forward>(
      builder, false,
      [&, only_padding](const Desc& x, const Desc& w, const Desc& b, const Desc& y,
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
      [&](const Desc& x, const Desc& w, const Desc& b, const Desc& y,
          const dnnl::primitive_attr& attr) {
        const auto kind = dnnl::prop_kind::forward_inference;
        const auto direct = dnnl::algorithm::deconvolution_direct;
        const memory::dims stride = dims_of(p.stride, r), dilation = dims_of(p.dilation, r, 1);
        const memory::dims begin = dims_of(p.pad_begin, r);
        return dnnl::deconvolution_forward::primitive_desc(engine(), kind, direct, x, w, b, y,
                                                           stride, dilation, begin, end, attr);
      });
}

}  // namespace striate::onednn
