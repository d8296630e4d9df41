// One convolution shape, its reference in double precision, and the shapes that are tested.
#ifndef STRIATE_TEST_CONV_CONV_CASE_H
#define STRIATE_TEST_CONV_CONV_CASE_H

#include <stdint.h>

#include <string>
#include <vector>

#include "support/kernels.h"

namespace striate::test {

struct ConvCase {
  bool transposed = false;
  int rank = 2;  // spatial
  int64_t n = 1, ic = 1, oc = 1, groups = 1;
  int64_t in[3] = {1, 1, 1}, kernel[3] = {1, 1, 1}, stride[3] = {1, 1, 1};
  int64_t dilation[3] = {1, 1, 1}, pad_begin[3] = {0, 0, 0}, pad_end[3] = {0, 0, 0};
  int64_t output_padding[3] = {0, 0, 0};
  bool bias = true, bias_at_run = false, residual = false;
  striate_activation activation = STRIATE_ACT_NONE;
  float alpha = 0, beta = 0;
  // Pitch beyond C, in elements; -1: row major.
  int64_t src_gap = 0, dst_gap = 0, residual_gap = 0;
  bool weights_at_run = false;
  bool flipped = false;  // x with negative strides along its spatial dimensions
  int threads = 1;

  bool valid() const;
  int64_t out(int i) const;
  std::string text() const;
  striate_conv_params params() const;
  std::vector<int64_t> src_dims() const, weight_dims() const, dst_dims() const;
  int64_t macs() const;
};

// sum = bias + sum x*w + residual and magnitude = |bias| + sum |x||w| + |residual| of each output,
// in index order. `terms` is the longest sum.
struct ConvReference {
  std::vector<double> sum, magnitude;
  int64_t terms;
};
ConvReference conv_reference(const ConvCase& c, const std::vector<float>& src,
                             const std::vector<float>& weights, const std::vector<float>& bias,
                             const std::vector<float>& residual);

// The tile of a Winograd kernel, from its id: mh x mw outputs of rh x rw taps, and its stride; 0
// for other kernels.
struct WinogradTile {
  int mh, mw, rh, rw, stride;
  auto operator<=>(const WinogradTile&) const = default;
};
WinogradTile winograd_tile(const std::string& id);

// For a kernel that computes such tiles: the sums |A_h| [sum_c (|G_h||g||G_w^T|) .
// (|B_h||d||B_w^T|)] |A_w^T| + |bias| + |residual| of each output, to which the error is relative:
// every product of the three transforms and the sum over channels rounds, each at most `terms`
// times, so |error| <= gamma(terms) * magnitude. The real `sum` as above.
ConvReference winograd_reference(const ConvCase& c, const WinogradTile& tile,
                                 const ConvReference& direct, const std::vector<float>& src,
                                 const std::vector<float>& weights, const std::vector<float>& bias,
                                 const std::vector<float>& residual);

std::vector<ConvCase> curated_conv_cases();
std::vector<ConvCase> curated_transpose_cases();
// Of this run's seed: 400 and 120, a quarter of them under sanitizers, which are slow.
std::vector<ConvCase> random_conv_cases();
std::vector<ConvCase> random_transpose_cases();

}  // namespace striate::test

#endif  // STRIATE_TEST_CONV_CONV_CASE_H
