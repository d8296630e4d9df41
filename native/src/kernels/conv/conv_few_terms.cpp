#include "kernels/conv/conv_few_terms.h"

#include <string.h>

#include <algorithm>

namespace striate {
namespace {

constexpr int64_t kTilesPerThread = 8;  // enough to balance uneven threads
constexpr int64_t kLeastRow = 8;        // pixels

int64_t terms_of(const ConvGeometry& g) {
  const int64_t window = g.kernel[1] * g.kernel[2];
  return window > FewTerms::kMostTerms || g.ic > FewTerms::kMostTerms ? FewTerms::kMostTerms + 1
                                                                      : window * g.ic;
}

// Vectors of a block: as many as the weights' registers allow; 0 if not one.
int vectors_of(const ConvGeometry& g, const FewTerms& variant) {
  const int64_t terms = terms_of(g);
  if (terms > FewTerms::kMostTerms) return 0;
  int v = g.oc > variant.lanes ? FewTerms::kMostVectors : 1;
  while (v > 0 && variant.row[v - 1][terms - 1] == nullptr) --v;
  return v;
}

}  // namespace

std::string ConvFewTerms::can_do(const Request& request, const FewTerms& variant) {
  if (std::string apart = pools_apart(request); !apart.empty()) return apart;
  const ConvGeometry g = conv_geometry(request);
  if (request.constant(1) == nullptr) return "the weights are not constant";
  if (g.transposed) return "it is transposed";
  if (g.groups != 1) return "it has groups";
  if (g.in[0] != 1 || g.kernel[0] != 1 || g.out[0] != 1) return "it has a depth";
  if (vectors_of(g, variant) == 0)
    return "the weights of its kernel rows * columns * input channels are more than the registers "
           "hold";
  if (g.pooling != Pooling::kNone && !is_in_registers(g.activation))
    return "its activation takes a pass over what is pooled";
  if (g.dst_c != 1) return "the channels of dst are not adjacent";
  if (g.has_residual) return "it has a residual";
  if (g.stride[2] > 64 || g.dilation[2] > 64) return "the column stride or dilation is above 64";
  return "";
}

std::string ConvFewTerms::discourages(const Request& request, const FewTerms& variant) {
  const ConvGeometry g = conv_geometry(request);
  if (4 * g.oc < 3 * round_up(g.oc, variant.lanes))
    return "too many lanes of its vectors of output channels stay empty";
  return g.out[2] >= kLeastRow ? "" : "its rows are too short to load the weights for each";
}

ConvFewTerms::ConvFewTerms(const Request& request, const FewTerms& variant)
    : variant_(variant),
      g_(conv_geometry(request)),
      terms_count_(static_cast<int>(terms_of(g_))),
      vectors_(vectors_of(g_, variant)),
      padded_(round_up(g_.oc, variant.lanes)) {
  const int64_t reach = (g_.out[2] - 1) * g_.stride[2] + (g_.kernel[2] - 1) * g_.dilation[2];
  in_place_ = (g_.src_c == 1 || g_.ic == 1) && g_.pad[2] == 0 && reach < g_.in[2];
  windows_step_ = checked_mul(reach + 1, g_.ic, "a row of windows");
  terms_in_place_ = terms(g_.dilation[1] * g_.src_s[1], g_.dilation[2] * g_.src_s[2], g_.src_c);
  terms_copied_ = terms(windows_step_, g_.dilation[2] * g_.ic, 1);
  weights_ = request.pack(checked_mul(padded_, terms_count_, "the weights"),
                          [&](float* to) { pack(request.constant_f32(1), to); });
  bias_ = PaddedBias(request, g_.has_bias, g_.bias_stride, 1, g_.oc, padded_);

  const int64_t rows = g_.out[1] / pooled_rows();
  const int64_t wanted =
      request.threads() == 1 ? rows : g_.n * rows / (kTilesPerThread * request.threads());
  band_ = std::clamp<int64_t>(wanted, 1, rows);
  bands_ = ceil_div(rows, band_);
  bias_at_ = round_up(checked_mul(checked_mul(windows_step_, g_.kernel[1], "the windows"),
                                  4 * pooled_rows(), "the windows"),
                      64);
  scratch_bytes_ = checked_add(bias_at_, bias_.scratch_bytes(), "the scratch");
}

std::vector<int64_t> ConvFewTerms::terms(int64_t row, int64_t column, int64_t channel) const {
  std::vector<int64_t> all;
  for (int64_t h = 0; h < g_.kernel[1]; ++h)
    for (int64_t w = 0; w < g_.kernel[2]; ++w)
      for (int64_t c = 0; c < g_.ic; ++c) all.push_back(h * row + w * column + c * channel);
  return all;
}

void ConvFewTerms::pack(const float* from, float* to) const {
  const int64_t most = int64_t{vectors_} * variant_.lanes;
  for (int64_t first = 0, width; first < g_.oc; first += width) {
    width = std::min(most, round_up(g_.oc - first, variant_.lanes));
    for (int64_t h = 0; h < g_.kernel[1]; ++h)
      for (int64_t w = 0; w < g_.kernel[2]; ++w)
        for (int64_t c = 0; c < g_.ic; ++c, to += width)
          for (int64_t o = first; o < std::min(g_.oc, first + width); ++o)
            to[o - first] = from[o * g_.weights_o + c * g_.weights_i + h * g_.weights_k[1] +
                                 w * g_.weights_k[2]];
  }
}

// The kernel rows under an output row, as [kernel row][column][channel] with zeros outside of x.
void ConvFewTerms::copy_windows(const float* x, int64_t row, float* to) const noexcept {
  const int64_t columns = windows_step_ / g_.ic;
  const int64_t begin = std::min(g_.pad[2], columns);
  const int64_t end = std::clamp<int64_t>(g_.in[2] + g_.pad[2], begin, columns);
  for (int64_t k = 0; k < g_.kernel[1]; ++k, to += windows_step_) {
    const int64_t h = row * g_.stride[1] - g_.pad[1] + k * g_.dilation[1];
    if (h < 0 || h >= g_.in[1]) {
      memset(to, 0, static_cast<size_t>(windows_step_ * 4));
      continue;
    }
    const float* const from = x + h * g_.src_s[1];
    float* const inside = to + begin * g_.ic;
    memset(to, 0, static_cast<size_t>(begin * g_.ic * 4));
    memset(to + end * g_.ic, 0, static_cast<size_t>((columns - end) * g_.ic * 4));
    if ((g_.src_c == 1 || g_.ic == 1) && g_.src_s[2] == g_.ic) {
      memcpy(inside, from, static_cast<size_t>((end - begin) * g_.ic * 4));
    } else {
      for (int64_t c = 0; c < g_.ic; ++c)
        for (int64_t i = 0; i < end - begin; ++i)
          inside[i * g_.ic + c] = from[i * g_.src_s[2] + c * g_.src_c];
    }
  }
}

// One row of dst, all blocks of channels; `row`: of the convolution, the first of two where pooled.
void ConvFewTerms::run_row(FewTermsArgs& args, const float* x, int64_t row, float* y,
                           const float* bias, float* windows) const noexcept {
  const int64_t top = row * g_.stride[1] - g_.pad[1];
  const int64_t bottom =
      top + (pooled_rows() - 1) * g_.stride[1] + (g_.kernel[1] - 1) * g_.dilation[1];
  if (in_place_ && top >= 0 && bottom < g_.in[1]) {
    args.src = x + top * g_.src_s[1];
    args.terms = terms_in_place_.data();
    args.src_step = g_.stride[2] * g_.src_s[2];
    args.row_below = g_.stride[1] * g_.src_s[1];
  } else {
    args.row_below = g_.kernel[1] * windows_step_;
    for (int64_t i = 0; i < pooled_rows(); ++i)
      copy_windows(x, row + i, windows + i * args.row_below);
    args.src = windows;
    args.terms = terms_copied_.data();
    args.src_step = g_.stride[2] * g_.ic;
  }
  args.weights = weights_.data();
  const auto& functions = g_.pooling == Pooling::kNone ? variant_.row : variant_.pooled_row;
  for (int64_t first = 0; first < g_.oc;) {
    const int64_t left = g_.oc - first;
    const int64_t v = std::min<int64_t>(vectors_, ceil_div(left, variant_.lanes));
    args.bias = bias + first;
    args.dst = y + first;
    args.tail = static_cast<int>(std::min(left - (v - 1) * variant_.lanes, variant_.lanes));
    functions[v - 1][terms_count_ - 1](args);
    first += v * variant_.lanes;
    args.weights += terms_count_ * v * variant_.lanes;
  }
}

void ConvFewTerms::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                       void* scratch) const noexcept {
  float* const windows = static_cast<float*>(scratch);
  const float* const bias = bias_.at(src, static_cast<char*>(scratch) + bias_at_);
  const bool activates = !is_in_registers(g_.activation);
  const bool whole_row = g_.dst_s[2] == g_.oc;
  FewTermsArgs args{};
  args.pixels = g_.out[2];
  args.dst_step = g_.dst_s[2];
  args.activation = activates ? Activation{STRIATE_ACT_NONE, 0, 0} : g_.activation;
  args.pooling = g_.pooling;
  for (int64_t tile = first; tile < last; ++tile) {
    const int64_t n = tile / bands_, top = tile % bands_ * band_;
    const float* const x = static_cast<const float*>(src[0]) + n * g_.src_n;
    float* const y = static_cast<float*>(dst[0]) + n * g_.dst_n;
    for (int64_t row = top; row < std::min(top + band_, g_.out[1] / pooled_rows()); ++row) {
      float* const out = y + row * g_.dst_s[1];
      run_row(args, x, row * pooled_rows(), out, bias, windows);
      if (!activates) continue;
      if (whole_row) {
        variant_.activate(out, g_.out[2] * g_.oc, g_.activation);
      } else {
        for (int64_t i = 0; i < g_.out[2]; ++i)
          variant_.activate(out + i * g_.dst_s[2], g_.oc, g_.activation);
      }
    }
  }
}

}  // namespace striate
