// Loop order: batch, m (one tile is one row of dst), n, k; one scalar accumulator that starts at
// the bias. Compiled for the baseline, not tuned: expect 1 % of peak.
#include "kernels/gemm/gemm_direct.h"

namespace striate {

GemmDirect::GemmDirect(const Request& request) : g_(gemm_geometry(request)) {
  tiles_ = checked_mul(g_.batches(), g_.m, "the tiles");
  if (const float* b = request.constant_f32(1)) {
    b_ = AlignedBuffer(
        checked_mul(g_.batches(), checked_mul(g_.k, g_.n, "the matrix b"), "the matrices b"));
    float* out = b_.data();
    for (int64_t i = 0; i < g_.batches(); ++i) {
      const float* in = b + g_.batch_offset(i, g_.b_batch);
      for (int64_t k = 0; k < g_.k; ++k)
        for (int64_t n = 0; n < g_.n; ++n) *out++ = in[k * g_.b_k + n * g_.b_n];
    }
  }
  if (g_.has_bias && request.constant(2) != nullptr) {
    bias_ = AlignedBuffer(g_.n);
    for (int64_t n = 0; n < g_.n; ++n)
      bias_.data()[n] = request.constant_f32(2)[n * g_.bias_stride];
  }
}

void GemmDirect::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                     void* /*scratch*/) const noexcept {
  const bool packed = b_.data() != nullptr;
  const int64_t b_k = packed ? g_.n : g_.b_k, b_n = packed ? 1 : g_.b_n;
  for (int64_t tile = first; tile < last; ++tile) {
    const int64_t batch = tile / g_.m, m = tile % g_.m;
    const float* a =
        static_cast<const float*>(src[0]) + g_.batch_offset(batch, g_.a_batch) + m * g_.a_m;
    const float* b = packed
                         ? b_.data() + batch * g_.k * g_.n
                         : static_cast<const float*>(src[1]) + g_.batch_offset(batch, g_.b_batch);
    float* out = static_cast<float*>(dst[0]) + g_.batch_offset(batch, g_.dst_batch) + m * g_.dst_m;
    for (int64_t n = 0; n < g_.n; ++n) {
      float sum = 0.0f;
      if (g_.has_bias)
        sum = bias_.data() != nullptr
                  ? bias_.data()[n]
                  : static_cast<const float*>(src[g_.bias_index()])[n * g_.bias_stride];
      for (int64_t k = 0; k < g_.k; ++k) sum += a[k * g_.a_k] * b[k * b_k + n * b_n];
      if (g_.has_residual)
        sum += static_cast<const float*>(
            src[g_.residual_index()])[g_.batch_offset(batch, g_.residual_batch) +
                                      m * g_.residual_m + n * g_.residual_n];
      out[n * g_.dst_n] = sum + 0.0f;
      portable::activate(out + n * g_.dst_n, 1, g_.activation);
    }
  }
}

}  // namespace striate
