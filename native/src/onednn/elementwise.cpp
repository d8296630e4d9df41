// UNARY, BINARY, PRELU, SOFTMAX, REDUCE, COPY, PAD: any rank, any positive strides. Operands with
// gaps are staged in the order of dst, because oneDNN's fast kernels want all of them alike.
#include <algorithm>

#include "onednn/ops.h"

namespace striate::onednn {
namespace {

// How operands and dst lie while oneDNN computes.
struct Layouts {
  std::vector<Desc> src;
  Desc dst;
};

struct Operands {
  explicit Operands(const Request& request) {
    const Order order = order_of(request.dst());
    bool all_dense = true;
    // A tensor that is dense up to strides of one-element dimensions is described as dense.
    const auto describe = [&](const Tensor& t, const char* name, Desc* as_given) {
      const Tensor without_gaps = dense(t, order);
      Desc result = desc_of(without_gaps, name);
      const bool is = same_strides(t, without_gaps);
      all_dense = all_dense && is;
      *as_given = is ? result : desc_of(normalized(t, order_of(t)), name);
      return result;
    };
    packed.dst = describe(request.dst(), "dst", &given.dst);
    for (int i = 0; i < request.src_count(); ++i) {
      Desc as_given;
      packed.src.push_back(describe(request.src(i), "an operand", &as_given));
      given.src.push_back(as_given);
    }
    attempts.push_back(given);
    if (!all_dense) attempts.push_back(packed);
  }
  Layouts given, packed;
  std::vector<Layouts> attempts;
};

// `ids` of the operands, in their order.
template <class Pd>
void add(Builder& builder, const Pd& pd, const Operands& operands, const Layouts& at,
         const std::vector<int>& ids) {
  std::vector<Argument> arguments;
  for (size_t i = 0; i < ids.size(); ++i)
    arguments.push_back(
        {ids[i], at.src[i], builder.read(static_cast<int>(i), operands.given.src[i], at.src[i])});
  const Place out = builder.write(operands.given.dst, at.dst);
  arguments.push_back({DNNL_ARG_DST, at.dst, out});
  builder.compute(pd, std::move(arguments));
  builder.store(operands.given.dst, at.dst, out);
}

constexpr auto kInference = dnnl::prop_kind::forward_inference;

}  // namespace

void plan_unary(Builder& builder) {
  const auto& p = builder.request().params<striate_unary_params>();
  const std::vector<Stage> stages = stages_of({p.activation, p.alpha, p.beta});
  if (stages.empty()) return plan_copy(builder);
  const Operands operands(builder.request());
  auto [pd, at] =
      choose<dnnl::eltwise_forward::primitive_desc>(operands.attempts, [&](const Layouts& l) {
        return dnnl::eltwise_forward::primitive_desc(engine(), kInference, stages[0].algorithm,
                                                     l.src[0], l.dst, stages[0].alpha,
                                                     stages[0].beta, attributes());
      });
  const Desc& x = operands.given.src[0];
  const Desc& y = operands.given.dst;
  const Place out = builder.write(y, at.dst);
  builder.compute(
      pd, {{DNNL_ARG_SRC, at.src[0], builder.read(0, x, at.src[0])}, {DNNL_ARG_DST, at.dst, out}});
  // oneDNN fuses no second activation into the first: the others follow in place.
  for (size_t i = 1; i < stages.size(); ++i) {
    const dnnl::eltwise_forward::primitive_desc next(engine(), kInference, stages[i].algorithm,
                                                     at.dst, at.dst, stages[i].alpha,
                                                     stages[i].beta, attributes());
    builder.compute(next, {{DNNL_ARG_SRC, at.dst, out}, {DNNL_ARG_DST, at.dst, out}});
  }
  builder.store(y, at.dst, out);
}

void plan_binary(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_binary_params>();
  static const dnnl::algorithm kinds[] = {dnnl::algorithm::binary_add, dnnl::algorithm::binary_sub,
                                          dnnl::algorithm::binary_mul, dnnl::algorithm::binary_div};
  const Operands operands(request);
  const bool adds = request.src_count() == 3;
  // oneDNN broadcasts its second operand fast, and the first slowly.
  const bool commutes = p.kind == STRIATE_BINARY_ADD || p.kind == STRIATE_BINARY_MUL;
  const bool exchange = commutes && !same_dims(request.src(0), request.dst());
  const size_t first = exchange ? 1 : 0, second = exchange ? 0 : 1;
  auto [pd, at] = choose<dnnl::binary::primitive_desc>(operands.attempts, [&](const Layouts& l) {
    dnnl::post_ops ops;
    if (adds) ops.append_binary(dnnl::algorithm::binary_add, l.src[2]);
    append_activation(ops, {p.activation, p.alpha, p.beta});
    return dnnl::binary::primitive_desc(engine(), kinds[p.kind], l.src[first], l.src[second], l.dst,
                                        attributes(ops));
  });
  std::vector<int> ids = {DNNL_ARG_SRC_0, DNNL_ARG_SRC_1};
  if (exchange) std::swap(ids[0], ids[1]);
  if (adds) ids.push_back(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1);
  add(builder, pd, operands, at, ids);
}

void plan_prelu(Builder& builder) {
  const Operands operands(builder.request());
  auto [pd, at] =
      choose<dnnl::prelu_forward::primitive_desc>(operands.attempts, [&](const Layouts& l) {
        return dnnl::prelu_forward::primitive_desc(engine(), kInference, l.src[0], l.src[1], l.dst,
                                                   attributes());
      });
  add(builder, pd, operands, at, {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS});
}

void plan_softmax(Builder& builder) {
  const auto& p = builder.request().params<striate_softmax_params>();
  const auto algorithm = p.log ? dnnl::algorithm::softmax_log : dnnl::algorithm::softmax_accurate;
  const Operands operands(builder.request());
  auto [pd, at] =
      choose<dnnl::softmax_forward::primitive_desc>(operands.attempts, [&](const Layouts& l) {
        dnnl::softmax_forward::primitive_desc pd(engine(), kInference, algorithm, l.src[0], l.dst,
                                                 p.axis, attributes());
        // The logarithm of its fast kernels is off by 3e-6, ten times what striate.h promises.
        while (p.log && !is_reference(pd) && pd.next_impl()) {
        }
        return pd;
      });
  add(builder, pd, operands, at, {DNNL_ARG_SRC});
}

void plan_reduce(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_reduce_params>();
  static const dnnl::algorithm kinds[] = {dnnl::algorithm::reduction_sum,
                                          dnnl::algorithm::reduction_mean,
                                          dnnl::algorithm::reduction_max};
  if (same_dims(request.src(0), request.dst())) return plan_copy(builder);  // of one element each
  const View x(request.src(0), "x"), y(request.dst(), "dst");
  // Its reductions are reference loops anyway, which take any strides.
  const dnnl::reduction::primitive_desc pd(engine(), kinds[p.kind], x.have, y.have, 0.0f, 0.0f,
                                           attributes());
  builder.compute(pd, {{DNNL_ARG_SRC, x.have, builder.read(0, x.have, x.have)},
                       {DNNL_ARG_DST, y.have, builder.write(y.have, y.have)}});
}

void plan_copy(Builder& builder) {
  const View x(builder.request().src(0), "x"), y(builder.request().dst(), "dst");
  const dnnl::reorder::primitive_desc pd(engine(), x.have, engine(), y.have, attributes());
  builder.compute(pd, {{DNNL_ARG_FROM, x.have, builder.read(0, x.have, x.have)},
                       {DNNL_ARG_TO, y.have, builder.write(y.have, y.have)}});
}

void plan_pad(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_pad_params>();
  if (p.mode != STRIATE_PAD_CONSTANT)
    fail(STRIATE_UNSUPPORTED, "oneDNN copies no borders: it has no reflecting or edge padding");
  const View x(request.src(0), "x"), y(request.dst(), "dst");
  // What is left of x, where it begins there, and where in dst.
  dnnl::memory::dims size, zeros;
  int64_t from = 0, to = 0;
  bool any = true, all = true;
  for (int d = 0; d < request.dst().rank; ++d) {
    const int64_t low = std::max<int64_t>(0, p.begin[d]);
    const int64_t high = std::min(request.dst().dims[d], p.begin[d] + request.src(0).dims[d]);
    size.push_back(high - low);
    zeros.push_back(0);
    any = any && high > low;
    all = all && low == 0 && high == request.dst().dims[d];
    from += (low - p.begin[d]) * stride_or(request.src(0), d, 0);
    to += low * stride_or(request.dst(), d, 0);
  }
  const auto f32 = dnnl::memory::data_type::f32;
  if (!all || !any) {  // Zero strides read one element everywhere.
    const Desc value(y.have.get_dims(), f32, zeros);
    const dnnl::reorder::primitive_desc pd(engine(), value, engine(), y.have, attributes());
    builder.compute(pd, {{DNNL_ARG_FROM, value, builder.constant({p.value})},
                         {DNNL_ARG_TO, y.have, {Place::kDst, 0}}});
  }
  if (!any) return;
  const Desc inner_x(size, f32, x.have.get_strides()), inner_y(size, f32, y.have.get_strides());
  const dnnl::reorder::primitive_desc pd(engine(), inner_x, engine(), inner_y, attributes());
  Place place = builder.read(0, x.have, x.have);
  place.bytes += from * 4;
  builder.compute(
      pd, {{DNNL_ARG_FROM, inner_x, place}, {DNNL_ARG_TO, inner_y, {Place::kDst, 0, to * 4}}});
}

}  // namespace striate::onednn
