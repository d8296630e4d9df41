// GEMM: oneDNN's matmul, of matrices, a few rows and columns at a time (split.h). b is packed as
// oneDNN likes when it is a constant.
#include "onednn/ops.h"

namespace striate::onednn {
namespace {

using dnnl::memory;

// A matrix or, if asked, its transpose.
Tensor operand(const Tensor& t, bool transposed) {
  Tensor result = t;
  if (transposed) {
    std::swap(result.dims[0], result.dims[1]);
    std::swap(result.strides[0], result.strides[1]);
  }
  return normalized(result, matrix_order_of(result));
}

Desc dense_desc(int64_t rows, int64_t columns) {
  return Desc({rows, columns}, memory::data_type::f32, memory::format_tag::ab);
}

// A matrix of the caller's and, where it has less than `rows` rows, room for so many: oneDNN
// computes them all, the rest from whatever scratch holds, and only the real ones are kept.
class Rows {
 public:
  Rows(Builder& builder, const Tensor& t, const char* name, int64_t rows)
      : builder_(builder),
        have_(desc_of(t, name)),
        packed_(dense_desc(rows, t.dims[1])),
        real_(dense_desc(t.dims[0], t.dims[1])),
        full_(t.dims[0] == rows) {}

  Place read(int i, const Desc& want) {
    if (full_) return builder_.read(i, have_, want);
    const Place room = builder_.scratch(packed_.get_size());
    builder_.reorder(have_, {Place::kSrc, i}, real_, room);
    return room;
  }
  Place write(const Desc& want) {
    return full_ ? builder_.write(have_, want) : builder_.scratch(packed_.get_size());
  }
  void store(const Desc& want, Place from) {
    if (full_) return builder_.store(have_, want, from);
    builder_.reorder(real_, from, have_, {Place::kDst, 0});
  }

  const Desc& packed() const { return packed_; }
  const Desc& given() const { return full_ ? have_ : packed_; }

 private:
  Builder& builder_;
  Desc have_, packed_, real_;
  bool full_;
};

struct Layouts {
  Desc a;
  Desc b;
  Desc c;
  Desc residual;
};

}  // namespace

void plan_gemm(Builder& builder) {
  const Request& request = builder.request();
  const auto& p = request.params<striate_gemm_params>();
  const bool bias = p.epilogue.has_bias != 0, residual = p.epilogue.has_residual != 0;
  const int residual_index = 2 + (bias ? 1 : 0);
  const bool constant_b = request.constant(1) != nullptr;
  const int64_t block = gemm_rows(constant_b);
  const Tensor b = operand(request.src(1), p.trans_b != 0);
  const Tensor c_given = operand(request.dst(), false);
  Rows a(builder, operand(request.src(0), p.trans_a != 0), "a", block);
  Rows c(builder, c_given, "dst", block);
  Rows r(builder, residual ? operand(request.src(residual_index), false) : c_given, "residual",
         block);
  const Desc have_b = desc_of(b, "b");
  const Desc any_b(have_b.get_dims(), memory::data_type::f32, memory::format_tag::any);
  const Desc bias_row = bias ? dense_desc(1, request.dst().dims[1]) : Desc();

  const std::vector<Layouts> attempts = {
      {a.given(), constant_b ? any_b : have_b, c.given(), r.given()},
      {a.given(), constant_b ? any_b : have_b, c.given(), r.packed()},
      {a.packed(), dense_desc(b.dims[0], b.dims[1]), c.packed(), r.packed()}};
  auto [pd, at] = choose<dnnl::matmul::primitive_desc>(attempts, [&](const Layouts& l) {
    dnnl::post_ops ops;
    if (residual) ops.append_binary(dnnl::algorithm::binary_add, l.residual);
    append_activation(ops, {p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta});
    return dnnl::matmul::primitive_desc(engine(), l.a, l.b, bias_row, l.c, attributes(ops));
  });
  if (is_reference(pd))
    fail(STRIATE_UNSUPPORTED, "oneDNN has only its reference loops for this shape (%s)",
         pd.impl_info_str());

  std::vector<Argument> arguments;
  arguments.push_back({DNNL_ARG_SRC, at.a, a.read(0, at.a)});
  const Desc weights = pd.weights_desc();
  arguments.push_back({DNNL_ARG_WEIGHTS, weights, builder.read(1, have_b, weights)});
  if (bias) {
    const Tensor row = normalized(with_rank(request.src(2), 2), row_major(2));
    arguments.push_back({DNNL_ARG_BIAS, bias_row, builder.read(2, desc_of(row, "bias"), bias_row)});
  }
  if (residual)
    arguments.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, at.residual,
                         r.read(residual_index, at.residual)});
  const Place out = c.write(at.c);
  arguments.push_back({DNNL_ARG_DST, at.c, out});
  builder.compute(pd, std::move(arguments));
  c.store(at.c, out);
}

}  // namespace striate::onednn
