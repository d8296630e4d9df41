// POOL, LRN, BATCH_NORM, RESIZE: oneDNN's primitives over images.
#include <math.h>

#include <algorithm>

#include "onednn/ops.h"

namespace striate::onednn {
namespace {

using dnnl::memory;

struct Layouts {
  Desc x;
  Desc y;
};

std::vector<Layouts> image_layouts(const View& x, const View& y) {
  return {{x.have, y.have}, {x.preferred(), y.preferred()}, {x.packed, y.packed}};
}

// The reference loops of some primitives take the layout of src for that of dst as well.
std::vector<Layouts> equal_layouts(const View& x, const View& y) {
  std::vector<Layouts> result;
  if (x.have == y.have) result.push_back({x.have, y.have});
  result.push_back({x.packed, y.packed});
  return result;
}

// One operand, one result, perhaps further arguments.
template <class Pd>
void add_unary(Builder& builder, const Pd& pd, const View& x, const View& y, const Layouts& at,
               std::vector<Argument> more = {}) {
  more.push_back({DNNL_ARG_SRC, at.x, builder.read(0, x.have, at.x)});
  const Place out = builder.write(y.have, at.y);
  more.push_back({DNNL_ARG_DST, at.y, out});
  builder.compute(pd, std::move(more));
  builder.store(y.have, at.y, out);
}

// oneDNN counts dst from both paddings; dst itself says whether sizes were rounded up.
memory::dims end_padding(const Request& request, const striate_pool_params& p) {
  memory::dims end;
  for (int i = 0; i < p.spatial_rank; ++i) {
    const int64_t in = request.src(0).dims[2 + i], out = request.dst().dims[2 + i];
    const int64_t reach = p.dilation[i] * (p.kernel[i] - 1) + 1;
    const int64_t needed = (out - 1) * p.stride[i] + reach - in - p.pad_begin[i];
    // Every value in [needed, needed + stride) gives this dst; the caller's is kept if it does.
    end.push_back(std::clamp(p.pad_end[i], needed, needed + p.stride[i] - 1));
  }
  return end;
}

bool holds_real_elements(const Request& request, const striate_pool_params& p) {
  for (int i = 0; i < p.spatial_rank; ++i)
    if (!every_window_is_real(request.src(0).dims[2 + i], request.dst().dims[2 + i], p.kernel[i],
                              p.stride[i], p.dilation[i], p.pad_begin[i]))
      return false;
  return true;
}

// Whether a window reaches beyond input and padding, where sizes were rounded up.
bool reaches_beyond(const Request& request, const striate_pool_params& p) {
  for (int i = 0; i < p.spatial_rank; ++i) {
    const int64_t last = (request.dst().dims[2 + i] - 1) * p.stride[i] - p.pad_begin[i];
    if (last + p.dilation[i] * (p.kernel[i] - 1) >= request.src(0).dims[2 + i] + p.pad_end[i])
      return true;
  }
  return false;
}

void plan_lp(Builder& builder, const striate_pool_params& p) {
  const Request& request = builder.request();
  for (int i = 0; i < p.spatial_rank; ++i)
    if (p.kernel[i] != request.src(0).dims[2 + i] || request.dst().dims[2 + i] != 1 ||
        p.pad_begin[i] != 0 || p.dilation[i] != 1)
      fail(STRIATE_UNSUPPORTED, "oneDNN has no Lp pooling except over the whole input");
  const View x(request.src(0), "x"), y(request.dst(), "dst");
  auto [pd, at] =
      choose<dnnl::reduction::primitive_desc>(image_layouts(x, y), [&](const Layouts& l) {
        return dnnl::reduction::primitive_desc(engine(), dnnl::algorithm::reduction_norm_lp_sum,
                                               l.x, l.y, p.p, 0.0f, attributes());
      });
  add_unary(builder, pd, x, y, at);
}

// x * a + b with a = scale / sqrt(variance + epsilon), b = shift - mean * a, both found at create.
void plan_scale_shift(Builder& builder, const striate_batch_norm_params& p, const View& x,
                      const View& y) {
  const Request& request = builder.request();
  const auto channels = static_cast<size_t>(request.dst().dims[1]);
  std::vector<float> a(channels), b(channels);
  for (int i = 1; i < 5; ++i)
    if (request.constant(i) == nullptr)
      fail(
          STRIATE_UNSUPPORTED,
          "oneDNN normalises this layout only where scale, shift, mean and variance are constants");
  const auto value = [&](int i, size_t c) {
    const int64_t at = static_cast<int64_t>(c) * stride_or(request.src(i), 0, 0);
    return static_cast<double>(static_cast<const float*>(request.constant(i))[at]);
  };
  for (size_t c = 0; c < channels; ++c) {
    const double factor = value(1, c) / sqrt(value(4, c) + static_cast<double>(p.epsilon));
    a[c] = static_cast<float>(factor);
    b[c] = static_cast<float>(value(2, c) - value(3, c) * factor);
  }
  Tensor vector{STRIATE_F32, request.dst().rank, {}, {}};
  for (int d = 0; d < vector.rank; ++d) vector.dims[d] = d == 1 ? request.dst().dims[1] : 1;
  const Desc row = desc_of(dense(vector, order_of(request.dst())), "a vector");
  dnnl::post_ops ops;
  ops.append_binary(dnnl::algorithm::binary_add, row);
  append_activation(ops, {p.activation, p.alpha, p.beta});
  auto [pd, at] = choose<dnnl::binary::primitive_desc>(image_layouts(x, y), [&](const Layouts& l) {
    return dnnl::binary::primitive_desc(engine(), dnnl::algorithm::binary_mul, l.x, row, l.y,
                                        attributes(ops));
  });
  add_unary(builder, pd, x, y, at,
            {{DNNL_ARG_SRC_1, row, builder.constant(a)},
             {DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, row, builder.constant(b)}});
}

// Where an output element looks, by the rule of striate.h.
double coordinate(const striate_resize_params& p, int64_t o, int64_t in, int64_t out, double s) {
  switch (p.coordinates) {
    case STRIATE_RESIZE_PYTORCH_HALF_PIXEL:
      return out > 1 ? (static_cast<double>(o) + 0.5) / s - 0.5 : 0;
    case STRIATE_RESIZE_ALIGN_CORNERS:
      return out > 1 ? static_cast<double>(o) * static_cast<double>(in - 1) /
                           static_cast<double>(out - 1)
                     : 0;
    case STRIATE_RESIZE_ASYMMETRIC:
      return static_cast<double>(o) / s;
    default:
      return (static_cast<double>(o) + 0.5) / s - 0.5;
  }
}

int64_t round_by(const striate_resize_params& p, double c) {
  switch (p.nearest) {
    case STRIATE_RESIZE_ROUND_PREFER_FLOOR:
      return static_cast<int64_t>(ceil(c - 0.5));
    case STRIATE_RESIZE_ROUND_PREFER_CEIL:
      return static_cast<int64_t>(floor(c + 0.5));
    case STRIATE_RESIZE_FLOOR:
      return static_cast<int64_t>(floor(c));
    default:
      return static_cast<int64_t>(ceil(c));
  }
}

// oneDNN knows one rule, half pixels with scale out/in. Another rule is fine where it comes to the
// same for every output element of this axis.
void require_same_rule(const striate_resize_params& p, int axis, int64_t in, int64_t out) {
  for (int64_t o = 0; o < out; ++o) {
    const double wanted = coordinate(p, o, in, out, static_cast<double>(p.scales[axis]));
    const float there =
        (static_cast<float>(o) + 0.5f) * static_cast<float>(in) / static_cast<float>(out) -
        0.5f;  // its own arithmetic
    bool same;
    if (p.mode == STRIATE_RESIZE_NEAREST) {
      const int64_t last = in - 1;
      same = std::clamp<int64_t>(round_by(p, wanted), 0, last) ==
             std::clamp<int64_t>(static_cast<int64_t>(roundf(there)), 0, last);
    } else {
      const double edge = static_cast<double>(in - 1);
      same = fabs(std::clamp(wanted, 0.0, edge) -
                  std::clamp(static_cast<double>(there), 0.0, edge)) <= 1e-6 * (1 + fabs(wanted));
    }
    if (!same)
      fail(STRIATE_UNSUPPORTED,
           "oneDNN resizes by half pixels with scale out/in only; output %lld of %lld on axis %d "
           "would look at %g and not at %g",
           static_cast<long long>(o), static_cast<long long>(out), axis, static_cast<double>(there),
           wanted);
  }
}

}  // namespace

void plan_pool(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_pool_params>();
  if (p.kind == STRIATE_POOL_WEIGHTED)
    fail(STRIATE_UNSUPPORTED, "oneDNN has no weighted average pooling");
  if (p.kind == STRIATE_POOL_LP) return plan_lp(builder, p);
  if (!holds_real_elements(request, p))
    fail(STRIATE_UNSUPPORTED, "oneDNN defines no pooling of a window that holds only padding");
  if (p.kind == STRIATE_POOL_AVERAGE_INCLUDE_PAD && reaches_beyond(request, p))
    fail(STRIATE_UNSUPPORTED,
         "oneDNN divides by the whole window even where it reaches beyond input and padding");
  const auto algorithm = p.kind == STRIATE_POOL_MAX ? dnnl::algorithm::pooling_max
                         : p.kind == STRIATE_POOL_AVERAGE_INCLUDE_PAD
                             ? dnnl::algorithm::pooling_avg_include_padding
                             : dnnl::algorithm::pooling_avg_exclude_padding;
  const int r = p.spatial_rank;
  const memory::dims kernel(p.kernel, p.kernel + r), stride(p.stride, p.stride + r);
  const memory::dims begin(p.pad_begin, p.pad_begin + r), end = end_padding(request, p);
  memory::dims dilation(p.dilation, p.dilation + r);
  for (auto& d : dilation) d -= 1;
  const View x(request.src(0), "x"), y(request.dst(), "dst");
  auto [pd, at] =
      choose<dnnl::pooling_forward::primitive_desc>(image_layouts(x, y), [&](const Layouts& l) {
        return dnnl::pooling_forward::primitive_desc(engine(), dnnl::prop_kind::forward_inference,
                                                     algorithm, l.x, l.y, stride, kernel, dilation,
                                                     begin, end, attributes());
      });
  add_unary(builder, pd, x, y, at);
}

void plan_lrn(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_lrn_params>();
  if (p.size % 2 == 0)
    fail(STRIATE_UNSUPPORTED, "oneDNN's LRN window has an odd size; %lld would be taken for %lld",
         static_cast<long long>(p.size), static_cast<long long>(p.size - 1));
  const auto algorithm =
      p.within ? dnnl::algorithm::lrn_within_channel : dnnl::algorithm::lrn_across_channels;
  const View x(request.src(0), "x"), y(request.dst(), "dst");
  auto [pd, at] =
      choose<dnnl::lrn_forward::primitive_desc>(equal_layouts(x, y), [&](const Layouts& l) {
        return dnnl::lrn_forward::primitive_desc(engine(), dnnl::prop_kind::forward_inference,
                                                 algorithm, l.x, l.y, p.size, p.alpha, p.beta, p.k,
                                                 attributes());
      });
  add_unary(builder, pd, x, y, at);
}

void plan_batch_norm(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_batch_norm_params>();
  dnnl::post_ops ops;
  append_activation(ops, {p.activation, p.alpha, p.beta});
  const auto flags = dnnl::normalization_flags::use_global_stats |
                     dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
  using Pd = dnnl::batch_normalization_forward::primitive_desc;
  const View x(request.src(0), "x"), y(request.dst(), "dst");
  std::optional<std::pair<Pd, Layouts>> chosen;
  try {
    chosen = choose<Pd>(equal_layouts(x, y), [&](const Layouts& l) {
      return Pd(engine(), dnnl::prop_kind::forward_inference, l.x, l.y, p.epsilon, flags,
                attributes(ops));
    });
  } catch (const Failure&) {  // none
  }
  // Its reference loops are not safe for every rank and layout.
  if (!chosen || is_reference(chosen->first)) return plan_scale_shift(builder, p, x, y);
  const int ids[] = {DNNL_ARG_SCALE, DNNL_ARG_SHIFT, DNNL_ARG_MEAN, DNNL_ARG_VARIANCE};
  const Desc vector({request.dst().dims[1]}, memory::data_type::f32, memory::format_tag::a);
  std::vector<Argument> arguments;
  arguments.reserve(6);
  for (int i = 0; i < 4; ++i)
    arguments.push_back(
        {ids[i], vector, builder.read(1 + i, desc_of(request.src(1 + i), "a vector"), vector)});
  add_unary(builder, chosen->first, x, y, chosen->second, std::move(arguments));
}

void plan_resize(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_resize_params>();
  for (int d = 2; d < request.dst().rank; ++d)
    require_same_rule(p, d, request.src(0).dims[d], request.dst().dims[d]);
  const auto algorithm = p.mode == STRIATE_RESIZE_NEAREST ? dnnl::algorithm::resampling_nearest
                                                          : dnnl::algorithm::resampling_linear;
  const View x(request.src(0), "x"), y(request.dst(), "dst");
  auto [pd, at] =
      choose<dnnl::resampling_forward::primitive_desc>(image_layouts(x, y), [&](const Layouts& l) {
        return dnnl::resampling_forward::primitive_desc(
            engine(), dnnl::prop_kind::forward_inference, algorithm, l.x, l.y, attributes());
      });
  add_unary(builder, pd, x, y, at);
}

}  // namespace striate::onednn
