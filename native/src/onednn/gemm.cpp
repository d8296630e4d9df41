// GEMM: oneDNN's matmul. b is packed as oneDNN likes when it is a constant matrix.
#include "onednn/ops.h"

namespace striate::onednn {
namespace {

using dnnl::memory;

// a or b with the rank of dst and, if asked, its last two dimensions exchanged.
Tensor operand(const Tensor& t, int rank, bool transposed) {
  Tensor result = with_rank(t, rank);
  if (transposed) {
    std::swap(result.dims[rank - 1], result.dims[rank - 2]);
    std::swap(result.strides[rank - 1], result.strides[rank - 2]);
  }
  return normalized(result, matrix_order_of(result));
}

Desc row_major_desc(const Tensor& t) { return desc_of(dense(t, row_major(t.rank)), "a matrix"); }

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
  const int rank = request.dst().rank;
  const Tensor a = operand(request.src(0), rank, p.trans_a != 0);
  const Tensor b = operand(request.src(1), rank, p.trans_b != 0);
  const Tensor c = operand(request.dst(), rank, false);
  const Tensor r = residual ? operand(request.src(residual_index), rank, false) : c;
  const Desc have_a = desc_of(a, "a"), have_b = desc_of(b, "b"), have_c = desc_of(c, "dst");
  const Desc have_r = desc_of(r, "residual");

  bool matrix = true;
  for (int d = 0; d < rank - 2; ++d) matrix = matrix && b.dims[d] == 1;
  const Desc any_b(have_b.get_dims(), memory::data_type::f32, memory::format_tag::any);
  const Desc first_b = matrix && request.constant(1) != nullptr ? any_b : have_b;

  memory::dims row(static_cast<size_t>(rank), 1);
  row.back() = c.dims[rank - 1];
  Tensor vector{STRIATE_F32, rank, {}, {}};
  for (int d = 0; d < rank; ++d) vector.dims[d] = row[static_cast<size_t>(d)];
  const Desc bias_desc = bias ? row_major_desc(vector) : Desc();

  const Desc dense_a = row_major_desc(a), dense_b = row_major_desc(b), dense_c = row_major_desc(c);
  const std::vector<Layouts> attempts = {{have_a, first_b, have_c, have_r},
                                         {have_a, first_b, have_c, dense_c},
                                         {dense_a, dense_b, dense_c, dense_c}};
  auto [pd, at] = choose<dnnl::matmul::primitive_desc>(attempts, [&](const Layouts& l) {
    dnnl::post_ops ops;
    if (residual) ops.append_binary(dnnl::algorithm::binary_add, l.residual);
    append_activation(ops, {p.epilogue.activation, p.epilogue.alpha, p.epilogue.beta});
    return dnnl::matmul::primitive_desc(engine(), l.a, l.b, bias_desc, l.c, attributes(ops));
  });
  if (is_reference(pd))
    fail(STRIATE_UNSUPPORTED, "oneDNN has only its reference loops for this shape (%s)",
         pd.impl_info_str());

  std::vector<Argument> arguments;
  arguments.push_back({DNNL_ARG_SRC, at.a, builder.read(0, have_a, at.a)});
  const Desc weights = pd.weights_desc();
  arguments.push_back({DNNL_ARG_WEIGHTS, weights, builder.read(1, have_b, weights)});
  if (bias) {
    const Tensor given = with_rank(request.src(2), rank);
    const Desc have = desc_of(normalized(given, row_major(rank)), "bias");
    arguments.push_back({DNNL_ARG_BIAS, bias_desc, builder.read(2, have, bias_desc)});
  }
  if (residual)
    arguments.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, at.residual,
                         builder.read(residual_index, have_r, at.residual)});
  const Place out = builder.write(have_c, at.c);
  arguments.push_back({DNNL_ARG_DST, at.c, out});
  builder.compute(pd, std::move(arguments));
  builder.store(have_c, at.c, out);
}

}  // namespace striate::onednn
