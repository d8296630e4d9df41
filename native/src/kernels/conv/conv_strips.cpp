#include "kernels/conv/conv_strips.h"

#include <string.h>

#include <algorithm>

#include "dispatch/cpu_features.h"

namespace striate {
namespace {

constexpr int64_t kElement = sizeof(float);
constexpr int64_t kColumns = StripArgs::kMaxColumns;
constexpr int64_t kChunkVectors = 4;  // 3 rows of 9 pixels take 7 kB, their weights 2.3 kB
constexpr int64_t kMostRows = 14;
constexpr int64_t kTilesPerThread = 4;

}  // namespace

std::string ConvStrips::can_do(const Request& request, const Strips& strips) {
  const ConvGeometry g = conv_geometry(request);
  if (request.constant(1) == nullptr) return "the weights are not constant";
  if (g.transposed) return "it is transposed";
  if (g.groups == 1) return "it is not grouped";
  if (!strips.grouped() && (g.ic != 1 || g.oc != 1)) return "it is not one output per channel";
  if (strips.grouped() && (g.ic == 1 || g.ic != g.oc || strips.lanes % g.ic != 0))
    return "its groups do not have as many outputs as inputs, a divisor of " +
           std::to_string(strips.lanes);
  if (g.ic > strips.most_group)
    return "a group has more than " + std::to_string(strips.most_group) + " channels";
  if (g.in[0] != 1 || g.kernel[0] != 1 || g.out[0] != 1) return "it has a depth";
  if (g.kernel[2] != 3 && g.kernel[2] != 5) return "the kernel is not 3 or 5 columns wide";
  if (g.stride[2] > 2) return "the column stride is above 2";
  if (g.dilation[2] != 1) return "its columns are dilated";
  if (g.kernel[1] * g.dilation[1] > 64) return "the kernel reaches over more than 64 rows";
  if (g.stride[1] > 64) return "the row stride is above 64";
  if (g.src_c != 1) return "the channels of x are not adjacent";
  if (g.dst_c != 1) return "the channels of dst are not adjacent";
  if (g.has_residual && g.residual_c != 1) return "the channels of the residual are not adjacent";
  return "";
}

ConvStrips::ConvStrips(const Request& request, const Strips& strips)
    : strips_(strips),
      g_(conv_geometry(request)),
      band_(std::clamp<int64_t>(request.threads() == 1
                                    ? kMostRows
                                    : g_.n * g_.out[1] / (kTilesPerThread * request.threads()),
                                1, std::min(kMostRows, g_.out[1]))),
      bands_(ceil_div(g_.out[1], band_)),
      channels_(g_.groups * g_.oc),
      padded_(round_up(channels_, strips.lanes)),
      far_(strips.grouped() && g_.in[1] * g_.in[2] * channels_ * kElement > l2_bytes() / 2),
      zeros_(padded_) {
  weights_ = request.pack(
      checked_mul(padded_, g_.kernel[1] * g_.kernel[2] * g_.ic, "the weights"), [&](float* to) {
        const float* const from = request.constant_f32(1);
        for (int64_t block = 0; block < padded_; block += strips.lanes)
          for (int64_t h = 0; h < g_.kernel[1]; ++h)
            for (int64_t k = 0; k < g_.ic; ++k)
              for (int64_t w = 0; w < g_.kernel[2]; ++w, to += strips.lanes)
                for (int64_t c = block; c < std::min(channels_, block + strips.lanes); ++c)
                  to[c - block] =
                      from[c / g_.oc * g_.weights_g + c % g_.oc * g_.weights_o + k * g_.weights_i +
                           h * g_.weights_k[1] + w * g_.weights_k[2]];
      });
  bias_ = PaddedBias(request, g_.has_bias, g_.bias_stride, 1, channels_, padded_);
}

int64_t ConvStrips::pointer_bytes() const {
  return round_up(source_rows(band_) * kColumns * 8, 64);
}

int64_t ConvStrips::scratch_bytes() const { return pointer_bytes() + bias_.scratch_bytes(); }

void ConvStrips::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                     void* scratch) const noexcept {
  const float** const pointers = static_cast<const float**>(scratch);
  const float* const residual =
      g_.has_residual ? static_cast<const float*>(src[g_.residual_index()]) : nullptr;
  const Strip* const strips = strips_.strip[g_.kernel[2] == 5][g_.stride[2] - 1];
  const int64_t chunk = kChunkVectors * strips_.lanes;
  float* dst_pixels[Strips::kMaxPixels];
  const float* residual_pixels[Strips::kMaxPixels];
  StripArgs args{};
  args.row_step = g_.dilation[1] * kColumns;
  args.kernel_rows = g_.kernel[1];
  args.group = g_.ic;
  args.weights = weights_.data();
  args.bias = bias_.at(src, static_cast<char*>(scratch) + pointer_bytes());
  args.dst = dst_pixels;
  args.residual = residual != nullptr ? residual_pixels : nullptr;
  args.activation = g_.activation;

  for (int64_t tile = first; tile < last; ++tile) {
    const int64_t n = tile / bands_, top = tile % bands_ * band_;
    const int64_t rows = std::min(band_, g_.out[1] - top);
    const float* const x = static_cast<const float*>(src[0]) + n * g_.src_n;
    float* const y = static_cast<float*>(dst[0]) + n * g_.dst_n + top * g_.dst_s[1];
    const float* const r =
        residual != nullptr ? residual + n * g_.residual_n + top * g_.residual_s[1] : nullptr;
    for (int64_t column = 0; column < g_.out[2];) {
      const int64_t left_over = g_.out[2] - column;  // in strips of about the same width
      const int64_t pixels = ceil_div(left_over, ceil_div(left_over, strips_.pixels));
      const int64_t columns = (pixels - 1) * g_.stride[2] + g_.kernel[2];
      const int64_t left = column * g_.stride[2] - g_.pad[2];
      const int64_t begin = std::clamp<int64_t>(-left, 0, columns);
      const int64_t end = std::clamp<int64_t>(g_.in[2] - left, begin, columns);
      for (int64_t k = 0; k < source_rows(rows); ++k) {
        const int64_t h = top * g_.stride[1] - g_.pad[1] + k;
        const float** p = pointers + k * kColumns;
        const bool inside = h >= 0 && h < g_.in[1];
        const float* const from = x + (inside ? h * g_.src_s[1] + left * g_.src_s[2] : 0);
        const int64_t real_begin = inside ? begin : columns, real_end = inside ? end : columns;
        for (int64_t i = 0; i < real_begin; ++i) p[i] = zeros_.data();
        for (int64_t i = real_begin; i < real_end; ++i) p[i] = from + i * g_.src_s[2];
        for (int64_t i = real_end; i < columns; ++i) p[i] = zeros_.data();
      }
      for (args.begin = 0; args.begin < channels_; args.begin += chunk) {
        args.end = std::min(channels_, args.begin + chunk);
        for (int64_t row = 0; row < rows; ++row) {
          for (int64_t i = 0; i < pixels; ++i) {
            dst_pixels[i] = y + row * g_.dst_s[1] + (column + i) * g_.dst_s[2];
            if (r != nullptr)
              residual_pixels[i] = r + row * g_.residual_s[1] + (column + i) * g_.residual_s[2];
          }
          args.src = pointers + row * g_.stride[1] * kColumns;
          args.ahead = args.src + source_rows(1) * kColumns;
          args.ahead_rows = far_ && row + 1 < rows ? g_.stride[1] : 0;
          strips[pixels - 1](args);
        }
      }
      column += pixels;
    }
  }
}

}  // namespace striate
