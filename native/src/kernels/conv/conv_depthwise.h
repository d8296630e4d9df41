// Depthwise convolution by rows: 2-D, one output channel per input channel, 3 or 5 columns wide,
// column stride 1 or 2. What it leaves goes to the depthwise kernel by indirection (conv_igemm.h).
//
// A tile is a band of output rows of one image. It is cut into strips a few pixels wide. For a
// strip, the pointers to its source pixels are found once; then a chunk of channels goes down all
// rows of the band, so that of the source rows of one output row only the last is not in L1 yet.
// Pixels outside x point to zeros.
#ifndef STRIATE_KERNELS_CONV_CONV_DEPTHWISE_H
#define STRIATE_KERNELS_CONV_CONV_DEPTHWISE_H

#include "base/aligned_buffer.h"
#include "kernels/bias/padded_bias.h"
#include "kernels/conv/conv.h"

namespace striate {

struct DepthwiseStripArgs {
  static constexpr int kMaxColumns = 20;  // source pixels of a strip in one row
  const float* const* src;                // kernel row h at src[h * row_step]
  int64_t row_step;
  int64_t kernel_rows;
  const float* weights;          // [vector of channels][kernel rows][kernel columns][lanes]
  const float* bias;             // [channels, rounded up to lanes]
  float* const* dst;             // a pointer for each pixel
  const float* const* residual;  // the same, or null
  int64_t begin, end;            // channels; begin is a multiple of lanes
  Activation activation;
};

using DepthwiseStrip = void (*)(const DepthwiseStripArgs&);

// strip[k][s - 1][r - 1]: r pixels, column stride s, kernel columns 3 (k = 0) or 5 (k = 1).
struct DepthwiseStrips {
  static constexpr int kMaxPixels = 7;
  striate_isa isa;
  int lanes;
  int pixels;
  DepthwiseStrip strip[2][2][kMaxPixels];
};

namespace avx512 {
extern const DepthwiseStrips depthwise_strips;
}
namespace avx2 {
extern const DepthwiseStrips depthwise_strips;
}
namespace portable {
extern const DepthwiseStrips depthwise_strips;
}

// Best first, null-terminated.
extern const DepthwiseStrips* const kDepthwiseStrips[];

class ConvDepthwise : public Kernel {
 public:
  ConvDepthwise(const Request& request, const DepthwiseStrips& strips);
  // Empty when it can do the request.
  static std::string can_do(const Request& request);

  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override;
  int64_t tiles() const override { return g_.n * bands_; }
  int64_t scratch_bytes() const override;
  int64_t packed_bytes() const override {
    return weights_.bytes() + bias_.packed_bytes() + zeros_.bytes();
  }

 private:
  int64_t pointer_bytes() const;
  int64_t source_rows(int64_t rows) const {
    return (rows - 1) * g_.stride[1] + (g_.kernel[1] - 1) * g_.dilation[1] + 1;
  }

  const DepthwiseStrips& strips_;
  const ConvGeometry g_;
  int64_t band_, bands_;  // output rows of a tile, tiles of an image
  int64_t padded_;        // channels, rounded up to lanes
  AlignedBuffer weights_, zeros_;
  PaddedBias bias_;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_CONV_DEPTHWISE_H
