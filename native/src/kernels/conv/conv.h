// Convolution and transposed convolution of one, two or three spatial dimensions: the request in
// one uniform shape. Formulas: striate.h, striate_conv_params.
#ifndef STRIATE_KERNELS_CONV_CONV_H
#define STRIATE_KERNELS_CONV_CONV_H

#include <stdint.h>

#include <vector>

#include "dispatch/kernel.h"
#include "kernels/activation/activation.h"
#include "kernels/pool/pooling.h"

namespace striate {

// Spatial arrays are D, H, W; missing leading dimensions are 1 with padding 0. A stride of a
// dimension that has one element is 0 (of the channel: 1), so that it never matters.
struct ConvGeometry {
  bool transposed;
  int64_t n, groups, ic, oc;  // channels of one group
  int64_t in[3], out[3], kernel[3], stride[3], dilation[3], pad[3], pad_end[3];
  int64_t src_n, src_c, src_s[3];
  int64_t dst_n, dst_c, dst_s[3];
  int64_t residual_n, residual_c, residual_s[3];
  int64_t weights_o, weights_i, weights_k[3];  // group g starts at g * weights_g
  int64_t weights_g;
  int64_t bias_stride;
  bool has_bias, has_residual;
  Activation activation;
  // What dst holds of each 2x2 outputs; then `out` counts the outputs that dst needs, and dst_s
  // goes from one such square to the next.
  Pooling pooling;

  int bias_index() const { return 2; }
  int residual_index() const { return has_bias ? 3 : 2; }
};

// The ops' checks: throw Failure.
void check_conv(const Request& request);
void check_conv_pool(const Request& request);

// Assumes the op's check, and of CONV_POOL that `pools_apart` is empty.
ConvGeometry conv_geometry(const Request& request);

// Empty, or why a CONV_POOL request pools other than squares of 2x2 that lie side by side.
std::string pools_apart(const Request& request);

// The constant weights of a group as [tap][input channel], tap t `taps[t]` from the group's first
// weight. Looks at `taps` as long as it is used.
struct WeightView;
WeightView weight_view(const Request& request, const ConvGeometry& g, int64_t group,
                       const std::vector<int64_t>& taps);

}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_CONV_H
