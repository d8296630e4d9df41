// Convolution with few output channels: 2-D, one group. The lanes of a vector are neighbouring
// output pixels of a row; the igemm tile, whose lanes are output channels, would leave most empty.
//
//   dst[n,oh,ow,oc] = activation(bias[oc] + sum_{kh,kw,ic} x[n,ic,oh*SH+kh*DH-PT,ow*SW+kw*DW-PL]
//                                * weights[oc,ic,kh,kw])
//
// A tile is a band of output rows of one image, in pairs where squares of outputs are pooled. Its
// source rows are copied into scratch, zeros for the padding included, as
// [row][phase][channel][column]: phase p holds the columns that are p modulo the stride, so that
// the pixels of a vector lie side by side for every tap and stride. x may have any strides. Sums
// run in order of kh, kw, ic, as in igemm. Activations of many instructions take a pass over some
// rows of dst where these lie without a gap: a call for each block of pixels waits for its results
// (Zen 4, LeNet-5's c1 with tanh: 5.2 us so, 4.8 us by rows).
#ifndef STRIATE_KERNELS_CONV_CONV_PIXEL_LANES_H
#define STRIATE_KERNELS_CONV_CONV_PIXEL_LANES_H

#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/bias/padded_bias.h"
#include "kernels/conv/conv.h"

namespace striate {

// One row of dst.
struct PixelLanesArgs {
  const float* src;        // the source row of kernel row 0
  int64_t row_step;        // from one kernel row to the next
  const int64_t* columns;  // [kernel_columns] where the first pixel of each kernel column lies
  int64_t kernel_rows, kernel_columns, channels;
  int64_t channel_step;  // of src
  const float* weights;  // [kernel_rows][kernel_columns][channels][outputs]
  const float* bias;     // [outputs]
  float* dst;
  int64_t dst_step;  // from one pixel to the next; its channels are adjacent
  int64_t pixels;    // vectors are read in full; even where pooled
  Activation activation;
  // Where squares of 2x2 pixels are pooled, two rows of pixels make one of dst.
  Pooling pooling;
  int64_t row_below;   // from src to that of the second row
  float* planes;       // [2][outputs][plane_step], scratch
  int64_t plane_step;  // pixels, rounded up to two vectors
};

// row[c - 1]: c output channels.
struct PixelLanes {
  static constexpr int kMaxOutputs = 8;
  striate_isa isa;
  int lanes;
  int vectors;  // of pixels at once
  int outputs;  // channels at most, for which accumulators of two vectors of pixels fit
  void (*row[kMaxOutputs])(const PixelLanesArgs&);
  void (*pooled_row[kMaxOutputs])(const PixelLanesArgs&);
  ActivateFunction activate;
};

namespace avx512 {
extern const PixelLanes pixel_lanes;
}
namespace avx2 {
extern const PixelLanes pixel_lanes;
}
namespace portable {
extern const PixelLanes pixel_lanes;
}

class ConvPixelLanes : public Kernel {
 public:
  ConvPixelLanes(const Request& request, const PixelLanes& variant);
  // Empty when it can do the request.
  static std::string can_do(const Request& request, const PixelLanes& variant);
  // Estimated for an output pixel. Depends on the shape of one image alone.
  static double pixel_cycles(const ConvGeometry& g, const PixelLanes& variant);
  // Empty, or why igemm will do better. Depends on the shape of one image alone.
  static std::string discourages(const Request& request, const PixelLanes& variant);

  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override;
  int64_t tiles() const override { return g_.n * bands_; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t packed_bytes() const override { return weights_.bytes() + bias_.packed_bytes(); }

 private:
  int64_t source_rows(int64_t rows) const {
    return (rows - 1) * g_.stride[1] + (g_.kernel[1] - 1) * g_.dilation[1] + 1;
  }
  void pack(const float* from, float* to) const;
  void copy_row(const float* from, float* to) const noexcept;

  const PixelLanes& variant_;
  ConvGeometry g_;
  int64_t columns_;       // of a phase and channel in scratch
  int64_t row_;           // floats of a source row in scratch
  int64_t pooled_rows_;   // rows of outputs that make one of dst
  int64_t band_, bands_;  // band_: rows of outputs
  bool activates_rows_;   // of dst, several at once, in place of the row function
  std::vector<int64_t> column_offsets_;
  AlignedBuffer weights_;
  PaddedBias bias_;
  int64_t plane_step_;
  int64_t planes_at_, bias_at_, scratch_bytes_;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_CONV_PIXEL_LANES_H
