// Convolutions of stride 1 or 2 by Winograd's algorithm, whatever the form (winograd.h).
//
// A tile of work is a block of some dozens of image tiles, and all outputs or a part of them:
// transform their inputs into V[point][tile][channel], multiply with the transformed weights into
// M[point][tile][output], transform that into outputs with bias, residual and activation. Points
// are the outer loop of the product, so that the weights of a point and 64 outputs pass once for
// all tiles of the block.
//
// Blocking: V and M of a block stay in L2 where channels are few. Where they are many, a block has
//   24 tiles: the weights of its points, points * 4 * ic * oc bytes, are fetched from memory while
//   it multiplies. With 72, whose V and M are far larger than L2, ResNet-50's 14x14 layers take 4 %
//   longer for 8 images (Zen 4; two threads 7 %), with 12 VGG-16's 14x14 layers
//   take 33 % longer for one image. With an L2 of 2 MB and slow L3 weights of more than 4 MB pass
//   72 tiles at least (Intel Xeon, conv_bench, builds in turns: VGG-16's 512 channels at 28x28 6.9
//   -> 6.2 ms, 256 at 56x56 6.9 -> 6.4). With less than 1 MB of L2 it is 48 tiles at least (Zen 3,
//   `conv_bench --cold`: the 3x3 layers of VGG-16 and ResNet-50 107.6 -> 103.8 ms).
// Late weights: an image of 7x7 has 4 tiles for all weights, and threads wait for memory. There
//   they read the weights as they were, 9 taps for 36 points, and transform some channels at a time
//   in L1. For two images only several threads do, who share the memory's rate.
// Strides: the distance of points in V and M is an odd number of cache lines, or all stores of a
//   transform would fall into one set of L1.
// The sum over channels of an output is one chain, whatever the block, so results do not depend on
// threads or batch. Whether Winograd is used depends on one image's shape only, for the same
// reason.
// Expected, AVX-512, counted as the direct algorithm's products: 3x3 260-380 % of FMA peak with 64
// or more channels from 14x14 up, 215 % at 7x7 (270 % with fewer channels or a batch; one image
// with late weights 140 % of Zen 5's), of stride 2 120-150 %, 5x5 225-375 %, lines of 7 taps 215 %
// (conv_bench; docs/kernels/conv.md). Tested by native/test/conv against a derived bound. Error:
// about 1e-6 of the largest output (not under STRICT); docs/kernels/conv.md.
#ifndef STRIATE_KERNELS_WINOGRAD_CONV_WINOGRAD_H
#define STRIATE_KERNELS_WINOGRAD_CONV_WINOGRAD_H

#include <string>
#include <vector>

#include "kernels/bias/padded_bias.h"
#include "kernels/conv/conv.h"
#include "kernels/igemm/packed_weights.h"
#include "kernels/winograd/winograd.h"

namespace striate {

// What tells the entries of the kernel table apart.
struct WinogradVariant {
  const WinogradForm* form;
  const IgemmTiles* tiles;
  const WinogradTransforms* transforms;
};

const std::vector<WinogradVariant>& winograd_variants();

class ConvWinograd : public Kernel {
 public:
  ConvWinograd(const Request& request, const WinogradVariant& variant);
  // Empty when it can do the request.
  static std::string can_do(const Request& request, const WinogradVariant& variant);
  // Empty when it is estimated to be the fastest.
  static std::string discourages(const Request& request, const WinogradVariant& variant);
  // Estimated for a group of an image. Depends on its shape alone.
  static double form_cycles(const ConvGeometry& g, const WinogradForm& form, int lanes);

  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override;
  int64_t tiles() const override { return groups_of_tiles_ * g_.groups * parts_; }
  int64_t scratch_bytes() const override { return scratch_.bytes; }
  int64_t packed_bytes() const override { return packed_bytes_; }

 private:
  // Why the form cannot do it, whatever the weights hold.
  static std::string refuses(const Request& request, const ConvGeometry& g,
                             const WinogradForm& form);
  struct Scratch {
    int64_t products, late, pointers, bias, bytes;  // byte offsets; the inputs' points come first
  };
  // More, on one thread half of them, make up for reading the weights' points.
  static constexpr int64_t kLateTiles = 8;
  // Whether weights may be transformed each time they are used, hence in float.
  static bool may_be_late(const ConvGeometry& g, const WinogradForm& form);
  void pack(const float* weights, float* packed) const;
  void pack_filters(const Request& request);
  void transform_weights(const float* w, int64_t output, int64_t input, float* points,
                         int64_t point_stride) const;
  // Where the inputs of a tile are, zeros outside of the image.
  void tile_pixels(int64_t group, int64_t tile, const float* x,
                   const float** pixels) const noexcept;
  void transform_inputs(int64_t group, int64_t first, int64_t count, const float* x,
                        float* points) const noexcept;
  int64_t first_block(int64_t part) const noexcept;  // of output channels
  int64_t first_output(int64_t part) const noexcept;
  void aim(float** pointers, int64_t count, int64_t point, const float* points,
           float* products) const noexcept;
  void multiply(int64_t group, int64_t part, int64_t count, const float* points, float* products,
                float** pointers) const noexcept;
  void multiply_late(int64_t group, int64_t part, int64_t count, const float* points,
                     float* products, float* late) const noexcept;
  void transform_outputs(int64_t group, int64_t part, int64_t first, int64_t count,
                         const float* products, const float* bias, const float* residual,
                         float* y) const noexcept;

  const WinogradVariant& variant_;
  ConvGeometry g_;
  int points_;                            // of a tile
  int64_t tiles_high_, tiles_wide_;       // of an image
  int64_t row_stride_, column_stride_;    // the form's, or that of the axis that it leaves alone
  int64_t image_tiles_;                   // of all images
  int64_t block_;                         // image tiles in a tile of work
  int64_t groups_of_tiles_;               // blocks
  int64_t parts_;                         // of the output channels of a block, each a tile of work
  int64_t ic_, oc_;                       // rounded up to lanes
  int64_t input_stride_, output_stride_;  // of points
  // Weights of all groups and points in one buffer, so that it gets large pages; each point packed
  // as packed_weights.h says.
  std::vector<ChannelBlock> blocks_;
  std::vector<int64_t> part_blocks_;  // where the blocks of each part begin, and their end
  std::vector<KSegment> segments_;
  AlignedBuffer weights_;
  int64_t point_weights_;  // floats of a point
  bool in_float_, late_;   // how and when they are transformed
  AlignedBuffer filters_;  // where they are late
  int64_t late_vectors_;   // of outputs at once
  PaddedBias bias_;
  AlignedBuffer zeros_;
  Scratch scratch_;
  int64_t packed_bytes_ = 0;
};

}  // namespace striate

#endif  // STRIATE_KERNELS_WINOGRAD_CONV_WINOGRAD_H
