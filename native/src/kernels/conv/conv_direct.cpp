// Loop order: n, oc, od, oh (one tile is one row of one output channel), ow, tap, ic.
// One scalar accumulator that starts at the bias, taps outside x left out: the order of summation
// of conv/igemm. Compiled for the baseline, not tuned: expect 1 % of peak.
#include "kernels/conv/conv_direct.h"

#include <string.h>

#include <algorithm>

namespace striate {

ConvDirect::ConvDirect(const Request& request) : g_(conv_geometry(request)) {
  if (const float* constant = request.constant_f32(1)) {
    // dense, in the order of the dimensions; from then on addressed by dense strides
    const Tensor& w = request.src(1);
    weights_ = AlignedBuffer(element_count(w));
    int64_t index[STRIATE_MAX_RANK] = {};
    int64_t offset = 0;
    for (int64_t i = 0; i < weights_.size(); ++i) {
      weights_.data()[i] = constant[offset];
      for (int d = w.rank - 1; d >= 0; --d) {
        offset += stride_or(w, d, 0);
        if (++index[d] < w.dims[d]) break;
        offset -= index[d] * stride_or(w, d, 0);
        index[d] = 0;
      }
    }
    for (int i = 2; i >= 0; --i)
      g_.weights_k[i] = i == 2 ? 1 : g_.weights_k[i + 1] * g_.kernel[i + 1];
    const int64_t taps = g_.weights_k[0] * g_.kernel[0];
    g_.weights_o = g_.transposed ? taps : taps * g_.ic;
    g_.weights_i = g_.transposed ? taps * g_.oc : taps;
    g_.weights_g = taps * g_.ic * g_.oc;
  }
  if (g_.has_bias && request.constant(2) != nullptr) {
    bias_ = AlignedBuffer(g_.groups * g_.oc);
    for (int64_t c = 0; c < g_.groups * g_.oc; ++c)
      bias_.data()[c] = request.constant_f32(2)[c * g_.bias_stride];
  }
  tiles_ = checked_mul(checked_mul(g_.n, g_.groups * g_.oc, "the tiles"),
                       checked_mul(g_.out[0], g_.out[1], "the tiles"), "the tiles");
}

void ConvDirect::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                     void* /*scratch*/) const noexcept {
  const float* x = static_cast<const float*>(src[0]);
  const float* weights =
      weights_.data() != nullptr ? weights_.data() : static_cast<const float*>(src[1]);
  const float* bias = !g_.has_bias              ? nullptr
                      : bias_.data() != nullptr ? bias_.data()
                                                : static_cast<const float*>(src[g_.bias_index()]);
  const int64_t bias_stride = bias_.data() != nullptr ? 1 : g_.bias_stride;
  const float* residual =
      g_.has_residual ? static_cast<const float*>(src[g_.residual_index()]) : nullptr;

  for (int64_t tile = first; tile < last; ++tile) {
    int64_t o[3];
    o[1] = tile % g_.out[1];
    o[0] = tile / g_.out[1] % g_.out[0];
    const int64_t channel = tile / (g_.out[1] * g_.out[0]) % (g_.groups * g_.oc);
    const int64_t n = tile / (g_.out[1] * g_.out[0] * g_.groups * g_.oc);
    const int64_t group = channel / g_.oc;
    const float* group_x = x + n * g_.src_n + group * g_.ic * g_.src_c;
    const float* group_w = weights + group * g_.weights_g + channel % g_.oc * g_.weights_o;
    for (o[2] = 0; o[2] < g_.out[2]; ++o[2]) {
      float sum = bias != nullptr ? bias[channel * bias_stride] : 0.0f;
      int64_t k[3];
      for (k[0] = 0; k[0] < g_.kernel[0]; ++k[0])
        for (k[1] = 0; k[1] < g_.kernel[1]; ++k[1])
          for (k[2] = 0; k[2] < g_.kernel[2]; ++k[2]) {
            const float* px = group_x;
            const float* pw = group_w;
            bool inside = true;
            for (int i = 0; i < 3; ++i) {
              int64_t at;
              if (!g_.transposed) {
                at = o[i] * g_.stride[i] + k[i] * g_.dilation[i] - g_.pad[i];
              } else {
                const int64_t scaled = o[i] + g_.pad[i] - k[i] * g_.dilation[i];
                at = scaled % g_.stride[i] == 0 ? scaled / g_.stride[i] : -1;
              }
              inside = inside && at >= 0 && at < g_.in[i];
              px += inside ? at * g_.src_s[i] : 0;
              pw += k[i] * g_.weights_k[i];
            }
            for (int64_t ic = 0; inside && ic < g_.ic; ++ic)
              sum += px[ic * g_.src_c] * pw[ic * g_.weights_i];
          }
      int64_t at = n * g_.dst_n + channel * g_.dst_c;
      int64_t at_residual = n * g_.residual_n + channel * g_.residual_c;
      for (int i = 0; i < 3; ++i) {
        at += o[i] * g_.dst_s[i];
        at_residual += o[i] * g_.residual_s[i];
      }
      if (residual != nullptr) sum += residual[at_residual];
      float* out = static_cast<float*>(dst[0]) + at;
      *out = sum + 0.0f;
      portable::activate(out, 1, g_.activation);
    }
  }
}

}  // namespace striate
