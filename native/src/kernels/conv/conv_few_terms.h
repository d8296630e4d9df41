// Convolution of few terms (kernel rows * columns * input channels): 2-D, one group. First layers
// of most networks, and 1x1 layers of few channels. The weights of a block of output channels stay
// in registers for a whole row of pixels; the igemm tile would load them for every few pixels, and
// start and end a tile for every dozen. Only for AVX-512: with 16 registers igemm is faster.
//
//   dst[n,oh,ow,oc] = activation(bias[oc] + sum_{kh,kw,ic} x[n,ic,oh*SH+kh*DH-PT,ow*SW+kw*DW-PL]
//                                * weights[oc,ic,kh,kw])
//
// A tile is a band of output rows of one image, in pairs where squares of outputs are pooled. A row
// of pixels reads x where it lies if all its windows are inside and channels are adjacent; else a
// copy of its kernel rows in scratch, with zeros for the padding: as few floats per pixel as there
// are terms, for terms * oc products. Sums run in order of kh, kw, ic, as in igemm. Activations of
// many instructions take a pass over a finished row of dst.
#ifndef STRIATE_KERNELS_CONV_CONV_FEW_TERMS_H
#define STRIATE_KERNELS_CONV_CONV_FEW_TERMS_H

#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/bias/padded_bias.h"
#include "kernels/conv/conv.h"

namespace striate {

// Neighbouring pixels of an output row, one block of channels.
struct FewTermsArgs {
  const float* src;      // of the first pixel
  const int64_t* terms;  // where each term lies from there
  int64_t src_step;      // from one pixel to the next
  const float* weights;  // [terms][vectors][lanes]
  const float* bias;     // [vectors][lanes]
  float* dst;
  int64_t dst_step;
  int64_t pixels;         // even where pooled
  int tail;               // channels of the last vector
  Activation activation;  // one of kActivationsInRegisters
  // Where pooled: of squares of 2x2 pixels, the lower ones `row_below` floats from src.
  Pooling pooling;
  int64_t row_below;
};

// row[v - 1][k - 1]: v vectors of output channels, k terms; null where registers do not suffice.
struct FewTerms {
  static constexpr int kMostVectors = 2;
  static constexpr int kMostTerms = 27;
  striate_isa isa;
  int64_t lanes;
  void (*row[kMostVectors][kMostTerms])(const FewTermsArgs&);
  void (*pooled_row[kMostVectors][kMostTerms])(const FewTermsArgs&);
  ActivateFunction activate;
};

namespace avx512 {
extern const FewTerms few_terms;
}

class ConvFewTerms : public Kernel {
 public:
  ConvFewTerms(const Request& request, const FewTerms& variant);
  // Empty when it can do the request.
  static std::string can_do(const Request& request, const FewTerms& variant);
  // Empty, or why igemm will do better. Depends on the shape of one image alone.
  static std::string discourages(const Request& request, const FewTerms& variant);

  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override;
  int64_t tiles() const override { return g_.n * bands_; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t packed_bytes() const override { return weights_.bytes() + bias_.packed_bytes(); }

 private:
  std::vector<int64_t> terms(int64_t row, int64_t column, int64_t channel) const;
  void pack(const float* from, float* to) const;
  void copy_windows(const float* x, int64_t row, float* to) const noexcept;
  void run_row(FewTermsArgs& args, const float* x, int64_t row, float* y, const float* bias,
               float* windows) const noexcept;
  int64_t pooled_rows() const { return g_.pooling == Pooling::kNone ? 1 : 2; }  // into one of dst

  const FewTerms& variant_;
  ConvGeometry g_;
  int terms_count_, vectors_;  // vectors of a block of output channels
  int64_t padded_;             // channels of all vectors
  int64_t windows_step_;       // floats of a row of copied windows
  int64_t band_, bands_;       // band_: rows of dst
  bool in_place_;
  std::vector<int64_t> terms_in_place_, terms_copied_;
  AlignedBuffer weights_;
  PaddedBias bias_;
  int64_t bias_at_, scratch_bytes_;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_CONV_FEW_TERMS_H
