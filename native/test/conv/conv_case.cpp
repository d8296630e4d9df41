#include "conv/conv_case.h"

#include <math.h>

#include <sstream>

namespace striate::test {

int64_t ConvCase::out(int i) const {
  const int64_t reach = dilation[i] * (kernel[i] - 1) + 1;
  const int64_t pads = pad_begin[i] + pad_end[i];
  if (transposed) return stride[i] * (in[i] - 1) + reach + output_padding[i] - pads;
  return in[i] + pads < reach ? 0 : (in[i] + pads - reach) / stride[i] + 1;
}

bool ConvCase::valid() const {
  for (int i = 0; i < rank; ++i)
    if (out(i) < 1) return false;
  return ic % groups == 0 && oc % groups == 0;
}

std::string ConvCase::text() const {
  std::ostringstream s;
  auto list = [&](const char* name, const int64_t* v) {
    s << name;
    for (int i = 0; i < rank; ++i) s << (i ? "x" : "") << v[i];
  };
  s << (transposed ? "transposed " : "") << "n" << n << " ic" << ic << " oc" << oc << " g"
    << groups;
  list(" in", in);
  list(" k", kernel);
  list(" s", stride);
  list(" d", dilation);
  list(" p", pad_begin);
  list("-", pad_end);
  list(" op", output_padding);
  s << " bias" << bias + (bias && bias_at_run) << " res" << residual << " act" << activation
    << " gaps" << src_gap << "," << dst_gap << "," << residual_gap << " t" << threads
    << (weights_at_run ? " weights at run" : "") << (flipped ? " flipped" : "");
  return s.str();
}

striate_conv_params ConvCase::params() const {
  striate_conv_params p{};
  p.spatial_rank = rank;
  p.groups = groups;
  for (int i = 0; i < rank; ++i) {
    p.kernel[i] = kernel[i];
    p.stride[i] = stride[i];
    p.dilation[i] = dilation[i];
    p.pad_begin[i] = pad_begin[i];
    p.pad_end[i] = pad_end[i];
  }
  p.epilogue = {bias, residual, activation, alpha, beta};
  return p;
}

std::vector<int64_t> ConvCase::src_dims() const {
  std::vector<int64_t> dims{n, ic};
  dims.insert(dims.end(), in, in + rank);
  return dims;
}

std::vector<int64_t> ConvCase::weight_dims() const {
  std::vector<int64_t> dims{transposed ? ic : oc, (transposed ? oc : ic) / groups};
  dims.insert(dims.end(), kernel, kernel + rank);
  return dims;
}

std::vector<int64_t> ConvCase::dst_dims() const {
  std::vector<int64_t> dims{n, oc};
  for (int i = 0; i < rank; ++i) dims.push_back(out(i));
  return dims;
}

int64_t ConvCase::macs() const {
  int64_t macs = n * oc * (ic / groups);
  for (int i = 0; i < rank; ++i) macs *= kernel[i] * (transposed ? in[i] : out(i));
  return macs;
}

// Straight from the definitions of striate_conv_params: both scatter x*w over (input, tap) pairs.
ConvReference conv_reference(const ConvCase& c, const std::vector<float>& src,
                             const std::vector<float>& weights, const std::vector<float>& bias,
                             const std::vector<float>& residual) {
  int64_t out[3] = {1, 1, 1};
  for (int i = 0; i < c.rank; ++i) out[i] = c.out(i);
  const int64_t out_size = out[0] * out[1] * out[2], in_size = c.in[0] * c.in[1] * c.in[2];
  const int64_t k_size = c.kernel[0] * c.kernel[1] * c.kernel[2];
  const int64_t icg = c.ic / c.groups, ocg = c.oc / c.groups;
  ConvReference r;
  r.terms = icg * k_size + 2;
  r.sum.resize(static_cast<size_t>(c.n * c.oc * out_size));
  r.magnitude.resize(r.sum.size());
  for (size_t i = 0; i < r.sum.size(); ++i) {
    const double b = c.bias
                         ? static_cast<double>(
                               bias[i / static_cast<size_t>(out_size) % static_cast<size_t>(c.oc)])
                         : 0;
    const double e = c.residual ? static_cast<double>(residual[i]) : 0;
    r.sum[i] = b + e;
    r.magnitude[i] = fabs(b) + fabs(e);
  }
  // pairs (output, input) of every tap, the same for all channels
  struct Pair {
    int64_t out, in, tap;
  };
  std::vector<Pair> pairs;
  int64_t k[3], o[3];
  for (k[0] = 0; k[0] < c.kernel[0]; ++k[0])
    for (k[1] = 0; k[1] < c.kernel[1]; ++k[1])
      for (k[2] = 0; k[2] < c.kernel[2]; ++k[2])
        for (o[0] = 0; o[0] < out[0]; ++o[0])
          for (o[1] = 0; o[1] < out[1]; ++o[1])
            for (o[2] = 0; o[2] < out[2]; ++o[2]) {
              int64_t i[3];
              bool inside = true;
              for (int a = 0; a < 3; ++a) {
                if (!c.transposed) {
                  i[a] = o[a] * c.stride[a] + k[a] * c.dilation[a] - c.pad_begin[a];
                } else {
                  const int64_t scaled = o[a] + c.pad_begin[a] - k[a] * c.dilation[a];
                  i[a] = scaled % c.stride[a] == 0 ? scaled / c.stride[a] : -1;
                }
                inside = inside && i[a] >= 0 && i[a] < c.in[a];
              }
              if (inside)
                pairs.push_back({(o[0] * out[1] + o[1]) * out[2] + o[2],
                                 (i[0] * c.in[1] + i[1]) * c.in[2] + i[2],
                                 (k[0] * c.kernel[1] + k[1]) * c.kernel[2] + k[2]});
            }
  for (int64_t n = 0; n < c.n; ++n)
    for (int64_t oc = 0; oc < c.oc; ++oc) {
      double* sum = r.sum.data() + (n * c.oc + oc) * out_size;
      double* magnitude = r.magnitude.data() + (n * c.oc + oc) * out_size;
      for (int64_t ic = 0; ic < icg; ++ic) {
        const int64_t channel = oc / ocg * icg + ic;
        const float* x = src.data() + (n * c.ic + channel) * in_size;
        const float* w =
            weights.data() + (c.transposed ? channel * ocg + oc % ocg : oc * icg + ic) * k_size;
        for (const Pair& p : pairs) {
          const double product = static_cast<double>(x[p.in]) * static_cast<double>(w[p.tap]);
          sum[p.out] += product;
          magnitude[p.out] += fabs(product);
        }
      }
    }
  return r;
}

}  // namespace striate::test
