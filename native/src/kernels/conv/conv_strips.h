// Convolution by rows where a vector of channels depends on the same channels only: 2-D, groups of
// one channel (depthwise) or of a few, as many out as in, that divide a vector; 3 or 5 columns
// wide, column stride 1 or 2. What it leaves goes to the kernels by indirection (conv_igemm.h).
//
// A tile is a band of output rows of one image. It is cut into strips a few pixels wide. For a
// strip, the pointers to its source pixels are found once; then a chunk of channels goes down all
// rows of the band, so that of the source rows of one output row only the last is not in L1 yet.
// Pixels outside x point to zeros.
#ifndef STRIATE_KERNELS_CONV_CONV_STRIPS_H
#define STRIATE_KERNELS_CONV_CONV_STRIPS_H

#include "base/aligned_buffer.h"
#include "kernels/bias/padded_bias.h"
#include "kernels/conv/conv.h"
#include "kernels/isa_list.h"

namespace striate {

struct StripArgs {
  static constexpr int kMaxColumns = 20;  // source pixels of a strip in one row
  const float* const* src;                // kernel row h at src[h * row_step]
  int64_t row_step;
  int64_t kernel_rows;
  // To be fetched: the source rows that the next output row adds, kMaxColumns pointers each.
  const float* const* ahead;
  int64_t ahead_rows;
  int64_t group;                 // channels of a group
  const float* weights;          // [vector of channels][kernel rows][group][columns][lanes]
  const float* bias;             // [channels, rounded up to lanes]
  float* const* dst;             // a pointer for each pixel
  const float* const* residual;  // the same, or null
  int64_t begin, end;            // channels; begin is a multiple of lanes
  Activation activation;
};

using Strip = void (*)(const StripArgs&);

// strip[k][s - 1][r - 1]: r pixels, column stride s, kernel columns 3 (k = 0) or 5 (k = 1).
struct Strips {
  static constexpr int kMaxPixels = 7;
  striate_isa isa;
  int lanes;
  int pixels, vectors;  // of the largest strip
  int most_group;       // channels of a group; 1: depthwise
  bool grouped() const { return most_group > 1; }
  Strip strip[2][2][kMaxPixels];
};

#define STRIATE_DECLARE_STRIPS(isa, id, lanes) \
  namespace isa {                              \
  extern const Strips depthwise_strips;        \
  extern const Strips group_strips;            \
  }
STRIATE_EACH_ISA(STRIATE_DECLARE_STRIPS)
#undef STRIATE_DECLARE_STRIPS

class ConvStrips : public Kernel {
 public:
  ConvStrips(const Request& request, const Strips& strips);
  // Empty when it can do the request.
  static std::string can_do(const Request& request, const Strips& strips);

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

  const Strips& strips_;
  const ConvGeometry g_;
  int64_t band_, bands_;       // output rows of a tile, tiles of an image
  int64_t channels_, padded_;  // of all groups; rounded up to lanes
  bool far_;                   // source rows of groups are fetched ahead
  AlignedBuffer weights_, zeros_;
  PaddedBias bias_;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_CONV_STRIPS_H
