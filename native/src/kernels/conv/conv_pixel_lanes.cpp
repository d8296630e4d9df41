#include "kernels/conv/conv_pixel_lanes.h"

#include <string.h>

#include <algorithm>

namespace striate {
namespace {

constexpr int64_t kRowsBytes = 128 * 1024;  // of copied source rows: an eighth of L2
constexpr int64_t kTilesPerThread = 8;      // enough to balance uneven threads

}  // namespace

std::string ConvPixelLanes::can_do(const Request& request, const PixelLanes& variant) {
  if (std::string apart = pools_apart(request); !apart.empty()) return apart;
  const ConvGeometry g = conv_geometry(request);
  if (request.constant(1) == nullptr) return "the weights are not constant";
  if (g.transposed) return "it is transposed";
  if (g.groups != 1) return "it has groups";
  if (g.in[0] != 1 || g.kernel[0] != 1 || g.out[0] != 1) return "it has a depth";
  if (g.oc > variant.outputs)
    return "it has more than " + std::to_string(variant.outputs) + " output channels";
  if (g.dst_c != 1) return "the channels of dst are not adjacent";
  if (g.has_residual) return "it has a residual";
  if (g.stride[2] > 64 || g.ic > 4096)
    return "the column stride is above 64 or x has over 4096 channels";
  return "";
}

// The terms share their lanes among the outputs, but x is copied float by float and the outputs
// leave one by one. A load of x, across two lines mostly, takes the time of three products; copied
// rows beyond L1 take half as long again, or more (Zen 4, cycles per pixel at 128x128: 32 channels
// to 1, 5x5, 203; 64 to 1, 3x3, 206 to 341).
double ConvPixelLanes::pixel_cycles(const ConvGeometry& g, const PixelLanes& variant) {
  constexpr double kL1Floats = 8192, kBeyondL1 = 1.5;
  const double terms = static_cast<double>(g.kernel[1] * g.kernel[2] * g.ic);
  const double filled =
      static_cast<double>(g.out[2]) / static_cast<double>(round_up(g.out[2], variant.lanes));
  const double outputs = static_cast<double>(g.oc), products = std::max(outputs, 3.0);
  const double read = static_cast<double>(g.in[1] * g.in[2]) /
                      static_cast<double>(g.out[1] * g.out[2]) * static_cast<double>(g.ic);
  const bool far = static_cast<double>(g.kernel[1] * g.ic * g.in[2]) > kL1Floats;
  const double sums = terms * products * (far ? kBeyondL1 : 1) / (variant.lanes * filled);
  return (variant.lanes == 8 ? sums / 2 : sums) + 2 * read + 1.5 * outputs;
}

// igemm multiplies every term with one whole vector of outputs. With 8 lanes both multiply two
// vectors in a cycle (Zen 3), igemm as fast as it loads 9 values for 8 of them, and begins a row of
// the kernel for 8 pixels in 16 cycles.
std::string ConvPixelLanes::discourages(const Request& request, const PixelLanes& variant) {
  const ConvGeometry g = conv_geometry(request);
  const double terms = static_cast<double>(g.kernel[1] * g.kernel[2] * g.ic);
  const double begins = 15 + 2 * static_cast<double>(g.kernel[1]);
  const double igemm = variant.lanes == 8 ? 0.56 * terms + begins : terms;
  if (pixel_cycles(g, variant) < igemm) return "";
  return "the lanes that it fills are not worth the copy of x";
}

ConvPixelLanes::ConvPixelLanes(const Request& request, const PixelLanes& variant)
    : variant_(variant),
      g_(conv_geometry(request)),
      pooled_rows_(g_.pooling == Pooling::kNone ? 1 : 2),
      activates_rows_(pooled_rows_ == 1 && !is_in_registers(g_.activation) &&
                      g_.dst_s[2] == g_.oc && g_.dst_s[1] == g_.out[2] * g_.oc) {
  const int64_t stride = g_.stride[2];
  columns_ = checked_add(round_up(g_.out[2], variant.lanes),
                         (g_.kernel[2] - 1) * g_.dilation[2] / stride, "a row");
  columns_ = round_up(columns_, variant.lanes);
  row_ = checked_mul(checked_mul(columns_, stride, "a row"), g_.ic, "the copied row");
  for (int64_t k = 0; k < g_.kernel[2]; ++k) {
    const int64_t column = k * g_.dilation[2];
    column_offsets_.push_back(column % stride * g_.ic * columns_ + column / stride);
  }
  weights_ =
      request.pack_all(checked_mul(g_.kernel[1] * g_.kernel[2], g_.ic * g_.oc, "the weights"),
                       [&](float* to) { pack(request.constant_f32(1), to); });
  bias_ = PaddedBias(request, g_.has_bias, g_.bias_stride, 1, g_.oc, g_.oc);

  const int64_t fitting = kRowsBytes / (row_ * 4) - source_rows(1);
  const int64_t wanted =
      request.threads() == 1 ? g_.out[1] : g_.n * g_.out[1] / (kTilesPerThread * request.threads());
  band_ = std::clamp<int64_t>(std::min(fitting / g_.stride[1] + 1, wanted), 1, g_.out[1]);
  band_ = round_up(band_, pooled_rows_);
  bands_ = ceil_div(g_.out[1], band_);
  planes_at_ = round_up(checked_mul(source_rows(band_), row_ * 4, "the copied rows"), 64);
  plane_step_ = round_up(g_.out[2], 2 * variant.lanes);
  bias_at_ = planes_at_;
  if (pooled_rows_ > 1)
    bias_at_ =
        checked_add(bias_at_, checked_mul(2 * 4 * g_.oc, plane_step_, "the rows"), "the rows");
  scratch_bytes_ = bias_at_ + bias_.scratch_bytes();
}

void ConvPixelLanes::pack(const float* from, float* to) const {
  for (int64_t h = 0; h < g_.kernel[1]; ++h)
    for (int64_t w = 0; w < g_.kernel[2]; ++w)
      for (int64_t c = 0; c < g_.ic; ++c)
        for (int64_t o = 0; o < g_.oc; ++o)
          *to++ =
              from[o * g_.weights_o + c * g_.weights_i + h * g_.weights_k[1] + w * g_.weights_k[2]];
}

// `from`: column 0 of a source row, or null where the row lies outside of x.
void ConvPixelLanes::copy_row(const float* from, float* to) const noexcept {
  if (from == nullptr) {
    memset(to, 0, static_cast<size_t>(row_ * 4));
    return;
  }
  const int64_t stride = g_.stride[2];
  for (int64_t phase = 0; phase < stride; ++phase) {
    // column i of this phase is source column i*stride + phase - pad
    const int64_t shift = phase - g_.pad[2];
    const int64_t begin = std::clamp<int64_t>(ceil_div(-shift, stride), 0, columns_);
    const int64_t end =
        std::clamp<int64_t>(floor_div(g_.in[2] - 1 - shift, stride) + 1, begin, columns_);
    for (int64_t c = 0; c < g_.ic; ++c, to += columns_) {
      const float* const in = from + c * g_.src_c + shift * g_.src_s[2];
      const int64_t step = stride * g_.src_s[2];
      memset(to, 0, static_cast<size_t>(begin * 4));
      if (step == 1)
        memcpy(to + begin, in + begin, static_cast<size_t>((end - begin) * 4));
      else
        for (int64_t i = begin; i < end; ++i) to[i] = in[i * step];
      memset(to + end, 0, static_cast<size_t>((columns_ - end) * 4));
    }
  }
}

void ConvPixelLanes::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                         void* scratch) const noexcept {
  float* const rows = static_cast<float*>(scratch);
  PixelLanesArgs args{};
  args.row_step = g_.dilation[1] * row_;
  args.columns = column_offsets_.data();
  args.kernel_rows = g_.kernel[1];
  args.kernel_columns = g_.kernel[2];
  args.channels = g_.ic;
  args.channel_step = columns_;
  args.weights = weights_.data();
  args.bias = bias_.at(src, static_cast<char*>(scratch) + bias_at_);
  args.dst_step = g_.dst_s[2];
  args.pixels = g_.out[2];
  args.activation = activates_rows_ ? Activation{STRIATE_ACT_NONE, 0, 0} : g_.activation;
  args.pooling = g_.pooling;
  args.row_below = g_.stride[1] * row_;
  args.planes = reinterpret_cast<float*>(static_cast<char*>(scratch) + planes_at_);
  args.plane_step = plane_step_;
  const auto row = pooled_rows_ == 1 ? variant_.row[g_.oc - 1] : variant_.pooled_row[g_.oc - 1];

  for (int64_t tile = first; tile < last; ++tile) {
    const int64_t n = tile / bands_, top = tile % bands_ * band_;
    const int64_t count = std::min(band_, g_.out[1] - top);
    const float* const x = static_cast<const float*>(src[0]) + n * g_.src_n;
    float* const y = static_cast<float*>(dst[0]) + n * g_.dst_n;
    for (int64_t i = 0; i < source_rows(count); ++i) {
      const int64_t h = top * g_.stride[1] - g_.pad[1] + i;
      copy_row(h >= 0 && h < g_.in[1] ? x + h * g_.src_s[1] : nullptr, rows + i * row_);
    }
    float* const band = y + top / pooled_rows_ * g_.dst_s[1];
    for (int64_t i = 0, activated = 0; i < count; i += pooled_rows_) {
      args.src = rows + i * g_.stride[1] * row_;
      args.dst = band + i / pooled_rows_ * g_.dst_s[1];
      row(args);
      const int64_t begin = activated * g_.dst_s[1], end = (i + 1) * g_.dst_s[1];
      if (!activates_rows_ || (i + 1 < count && end - begin < kActivatedAtOnce)) continue;
      variant_.activate(band + begin, end - begin, g_.activation);
      activated = i + 1;
    }
  }
}

}  // namespace striate
