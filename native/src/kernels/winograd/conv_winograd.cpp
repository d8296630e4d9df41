#include "kernels/winograd/conv_winograd.h"

#include <math.h>

#include <algorithm>

namespace striate {
namespace {

constexpr int64_t kBlockBytes = 640 * 1024;  // V and M of a block: most of an L2 of 1 MB
constexpr int64_t kFewestTiles = 24;         // a block reads all weights: this often are they used
constexpr int64_t kMostTiles = 96;
constexpr int64_t kWorkPerThread = 3;  // tiles of work for each thread, so that none ends late

// At least `floats`, an odd number of cache lines.
int64_t odd_lines(int64_t floats) { return (ceil_div(floats, 16) | 1) * 16; }

struct Cost {
  double direct, winograd;  // cycles for one image
};

// Cycles of a core with two FMA pipes of `lanes`, from instruction counts and the measured shares
// of peak of both micro tiles. Weights beyond half of L2 stream from L3, large ones from memory: in
// a network they are not in L3 any more when their turn comes again.
Cost estimate(const ConvGeometry& g, int m, int lanes) {
  constexpr double kDirectShare = 0.95, kWinogradShare = 0.88;
  constexpr double kL2Bytes = 512 << 10, kL3Bytes = 4 << 20;  // of weights that come from there
  constexpr double kL3Rate = 24, kMemoryRate = 10;            // bytes per cycle
  const double n = m + 2.0, ic = static_cast<double>(g.ic), oc = static_cast<double>(g.oc);
  const double tiles = static_cast<double>(ceil_div(g.out[1], m) * ceil_div(g.out[2], m));
  const double pixels = static_cast<double>(g.out[1] * g.out[2]);
  const double in_vectors = ceil(ic / lanes), out_vectors = ceil(oc / lanes);
  auto product = [&](double rows, double taps, double share) {
    const double macs = rows * taps * ic * out_vectors / (2 * share);
    const double bytes = taps * ic * oc * 4;
    if (bytes <= kL2Bytes) return macs;
    return std::max(macs, bytes / (bytes <= kL3Bytes ? kL3Rate : kMemoryRate));
  };
  // Loads, stores and spills of a transform weigh as much as its arithmetic.
  const double transform = m == 4 ? 150 : 45;
  Cost cost;
  cost.direct = product(pixels, 9, kDirectShare);
  cost.winograd =
      product(tiles, n * n, kWinogradShare) + tiles * transform * (in_vectors + out_vectors);
  return cost;
}

}  // namespace

const std::vector<WinogradVariant>& winograd_variants() {
  static const std::vector<WinogradVariant> variants = [] {
    std::vector<WinogradVariant> all;
    for (int m : {4, 2}) {
#if defined(__x86_64__)
      all.push_back({m, &avx512::igemm_tiles, m == 4 ? &avx512::winograd4 : &avx512::winograd2});
      all.push_back({m, &avx2::igemm_tiles, m == 4 ? &avx2::winograd4 : &avx2::winograd2});
#endif
      all.push_back(
          {m, &portable::igemm_tiles, m == 4 ? &portable::winograd4 : &portable::winograd2});
    }
    return all;
  }();
  return variants;
}

std::string ConvWinograd::can_do(const Request& request) {
  const ConvGeometry g = conv_geometry(request);
  if (request.strict()) return "strict accuracy forbids it";
  if (g.transposed || g.in[0] != 1 || g.kernel[0] != 1 || g.out[0] != 1 || g.kernel[1] != 3 ||
      g.kernel[2] != 3)
    return "it is no 3x3 convolution of images";
  for (int i = 1; i < 3; ++i) {
    if (g.out[i] > 1 && g.stride[i] != 1) return "the stride is not 1";
    if (g.dilation[i] != 1) return "it is dilated";
  }
  if (request.constant(1) == nullptr) return "the weights are not constant";
  if (g.src_c != 1 || g.dst_c != 1) return "the channels of x or dst are not adjacent";
  if (g.has_residual && g.residual_c != 1) return "the channels of the residual are not adjacent";
  const float* w = request.constant_f32(1);
  for (int64_t group = 0; group < g.groups; ++group)
    for (int64_t o = 0; o < g.oc; ++o)
      for (int64_t i = 0; i < g.ic; ++i)
        for (int k = 0; k < 9; ++k)
          if (!isfinite(w[group * g.weights_g + o * g.weights_o + i * g.weights_i +
                          k / 3 * g.weights_k[1] + k % 3 * g.weights_k[2]]))
            return "a weight is infinite or NaN";
  return "";
}

std::string ConvWinograd::discourages(const Request& request, const WinogradVariant& variant) {
  const ConvGeometry g = conv_geometry(request);
  const Cost own = estimate(g, variant.m, variant.tiles->lanes);
  const Cost other = estimate(g, variant.m == 4 ? 2 : 4, variant.tiles->lanes);
  if (own.winograd >= own.direct) return "direct convolution is estimated to be faster";
  if (own.winograd > other.winograd) return "another size of tile is estimated to be faster";
  return "";
}

ConvWinograd::ConvWinograd(const Request& request, const WinogradVariant& variant)
    : variant_(variant), g_(conv_geometry(request)), n_(variant.m + 2) {
  const IgemmTiles& tiles = *variant.tiles;
  const int m = variant.m;
  tiles_high_ = ceil_div(g_.out[1], m);
  tiles_wide_ = ceil_div(g_.out[2], m);
  image_tiles_ = checked_mul(checked_mul(tiles_high_, tiles_wide_, "the tiles"), g_.n, "the tiles");
  ic_ = round_up(g_.ic, tiles.lanes);
  oc_ = padded_channels(tiles, g_.oc);
  zeros_ = AlignedBuffer(std::max<int64_t>(ic_, tiles.vectors * tiles.lanes));

  const int64_t points = n_ * n_;
  const int64_t rows = tiles.max_rows[tiles.vectors - 1];
  const int64_t fits = kBlockBytes / (points * 4 * (ic_ + oc_));
  block_ = std::clamp(fits, kFewestTiles, kMostTiles);
  // For many threads: smaller blocks as long as weights are used often enough, then parts of the
  // outputs, each of which transforms the inputs again (6 % more work with 128 outputs).
  const int64_t wanted = request.threads() == 1 ? 1 : request.threads() * kWorkPerThread;
  block_ = std::min(block_, std::max(kFewestTiles, ceil_div(image_tiles_ * g_.groups, wanted)));
  block_ = std::min(round_up(block_, rows), round_up(image_tiles_, rows));
  groups_of_tiles_ = ceil_div(image_tiles_, block_);
  block_ = ceil_div(image_tiles_, groups_of_tiles_);  // equal blocks
  blocks_ = channel_blocks(tiles, g_.oc, g_.ic);
  segments_ = k_segments(1, g_.ic);
  const int64_t most_parts = static_cast<int64_t>(blocks_.size());
  for (parts_ = 1; parts_ < most_parts; ++parts_) {
    const int64_t work = groups_of_tiles_ * g_.groups * parts_;
    if (work >= wanted || work % request.threads() == 0) break;  // enough, or an equal share
  }
  input_stride_ = odd_lines(checked_mul(block_, ic_, "a block"));
  output_stride_ = odd_lines(checked_mul(block_, oc_, "a block"));

  point_weights_ = checked_mul(g_.ic, oc_, "the transformed weights");
  weights_ =
      AlignedBuffer(checked_mul(g_.groups * points, point_weights_, "the transformed weights"));
  // All points of a group: [point][ic][oc].
  AlignedBuffer transformed(checked_mul(points * g_.ic, g_.oc, "the transformed weights"));
  const float* w = request.constant_f32(1);
  const int64_t zero_offset = 0;
  for (int64_t group = 0; group < g_.groups; ++group) {
    for (int64_t o = 0; o < g_.oc; ++o)
      for (int64_t i = 0; i < g_.ic; ++i) {
        double filter[9];
        float values[kMaxWinogradPoints];
        for (int k = 0; k < 9; ++k)
          filter[k] = w[group * g_.weights_g + o * g_.weights_o + i * g_.weights_i +
                        k / 3 * g_.weights_k[1] + k % 3 * g_.weights_k[2]];
        winograd_weights(m, filter, values);
        for (int64_t p = 0; p < points; ++p)
          transformed.data()[(p * g_.ic + i) * g_.oc + o] = values[p];
      }
    for (int64_t p = 0; p < points; ++p) {
      WeightView view{};
      view.base = transformed.data() + p * g_.ic * g_.oc;
      view.channel_stride = 1;
      view.tap_offset = &zero_offset;
      view.taps = 1;
      view.run = g_.ic;
      view.k_stride = g_.oc;
      float* out = weights_.data() + (group * points + p) * point_weights_;
      for (const ChannelBlock& block : blocks_) {
        float* to = out + block.weights;
        for (const KSegment& segment : segments_) {
          pack_segment(tiles, block, segment, view, to);
          to += segment.run * block.vectors * tiles.lanes;
        }
      }
    }
  }
  packed_bytes_ = weights_.bytes();

  bias_at_run_ = g_.has_bias && request.constant(2) == nullptr;
  if (!bias_at_run_) {
    bias_ = AlignedBuffer(checked_mul(g_.groups, oc_, "the bias"));
    const float* bias = g_.has_bias ? request.constant_f32(2) : nullptr;
    for (int64_t c = 0; bias != nullptr && c < g_.groups * g_.oc; ++c)
      bias_.data()[c / g_.oc * oc_ + c % g_.oc] = bias[c * g_.bias_stride];
  }
  packed_bytes_ += bias_.bytes() + zeros_.bytes();

  int64_t at = checked_mul(points * 4, input_stride_, "the scratch");
  scratch_.products = at;
  at = checked_add(at, checked_mul(points * 4, output_stride_, "the scratch"), "the scratch");
  scratch_.pointers = at;
  at += round_up(2 * 8 * block_, 64);
  scratch_.bias = at;
  scratch_.bytes = at + (bias_at_run_ ? round_up(oc_ * 4, 64) : 0);
}

void ConvWinograd::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                       void* scratch) const noexcept {
  char* const memory = static_cast<char*>(scratch);
  float* const points = static_cast<float*>(scratch);
  float* const products = reinterpret_cast<float*>(memory + scratch_.products);
  float** const pointers = reinterpret_cast<float**>(memory + scratch_.pointers);
  const float* residual =
      g_.has_residual ? static_cast<const float*>(src[g_.residual_index()]) : nullptr;
  for (int64_t tile = first; tile < last; ++tile) {
    const int64_t block = tile / parts_, begin = block % groups_of_tiles_ * block_;
    const int64_t group = block / groups_of_tiles_, part = tile % parts_;
    const int64_t count = std::min(block_, image_tiles_ - begin);
    const float* bias = bias_.data() + group * oc_;
    if (bias_at_run_) {
      float* const own = reinterpret_cast<float*>(memory + scratch_.bias);
      const float* const given =
          static_cast<const float*>(src[g_.bias_index()]) + group * g_.oc * g_.bias_stride;
      for (int64_t c = 0; c < oc_; ++c) own[c] = c < g_.oc ? given[c * g_.bias_stride] : 0.0f;
      bias = own;
    }
    transform_inputs(group, begin, count, static_cast<const float*>(src[0]), points);
    multiply(group, part, count, points, products, pointers);
    transform_outputs(group, part, begin, count, products, bias, residual,
                      static_cast<float*>(dst[0]));
  }
}

void ConvWinograd::transform_inputs(int64_t group, int64_t first, int64_t count, const float* x,
                                    float* points) const noexcept {
  const int m = variant_.m;
  const float* pixels[kMaxWinogradPoints];
  WinogradInput in{pixels, g_.ic, points, input_stride_};
  for (int64_t t = first; t < first + count; ++t, in.dst += ic_) {
    const int64_t column = t % tiles_wide_ * m - g_.pad[2];
    const int64_t row = t / tiles_wide_ % tiles_high_ * m - g_.pad[1];
    const float* const image =
        x + t / (tiles_wide_ * tiles_high_) * g_.src_n + group * g_.ic * g_.src_c;
    for (int i = 0; i < n_; ++i)
      for (int j = 0; j < n_; ++j) {
        const int64_t h = row + i, w = column + j;
        const bool inside = h >= 0 && h < g_.in[1] && w >= 0 && w < g_.in[2];
        pixels[i * n_ + j] = inside ? image + h * g_.src_s[1] + w * g_.src_s[2] : zeros_.data();
      }
    variant_.transforms->input(in);
  }
}

int64_t ConvWinograd::first_block(int64_t part) const noexcept {
  return static_cast<int64_t>(blocks_.size()) * part / parts_;
}

void ConvWinograd::multiply(int64_t group, int64_t part, int64_t count, const float* points,
                            float* products, float** pointers) const noexcept {
  const float** const src = const_cast<const float**>(pointers);
  float** const dst = pointers + block_;
  IgemmRows rows{};
  rows.src = src;
  rows.tap_stride = 0;
  rows.dst = dst;
  rows.count = count;
  const IgemmEpilogue epilogue{0, zeros_.data(), {STRIATE_ACT_NONE, 0, 0}};
  for (int64_t p = 0; p < n_ * n_; ++p) {
    for (int64_t t = 0; t < count; ++t) {
      src[t] = points + p * input_stride_ + t * ic_;
      dst[t] = products + p * output_stride_ + t * oc_;
    }
    const float* const weights = weights_.data() + (group * n_ * n_ + p) * point_weights_;
    for (int64_t b = first_block(part); b < first_block(part + 1); ++b) {
      const ChannelBlock& block = blocks_[static_cast<size_t>(b)];
      igemm_block(*variant_.tiles, block, segments_, weights + block.weights, rows, epilogue);
    }
  }
}

void ConvWinograd::transform_outputs(int64_t group, int64_t part, int64_t first, int64_t count,
                                     const float* products, const float* bias,
                                     const float* residual, float* y) const noexcept {
  const int m = variant_.m;
  WinogradOutput out{};
  const int64_t begin = blocks_[static_cast<size_t>(first_block(part))].channel;
  const int64_t end =
      part + 1 == parts_ ? g_.oc : blocks_[static_cast<size_t>(first_block(part + 1))].channel;
  out.src = products + begin;
  out.point_stride = output_stride_;
  out.channels = end - begin;
  out.bias = bias + begin;
  out.dst_row = g_.dst_s[1];
  out.dst_column = g_.dst_s[2];
  out.residual_row = g_.residual_s[1];
  out.residual_column = g_.residual_s[2];
  out.activation = g_.activation;
  for (int64_t t = first; t < first + count; ++t, out.src += oc_) {
    const int64_t column = t % tiles_wide_ * m, row = t / tiles_wide_ % tiles_high_ * m;
    const int64_t image = t / (tiles_wide_ * tiles_high_), channel = group * g_.oc + begin;
    out.dst = y + image * g_.dst_n + row * g_.dst_s[1] + column * g_.dst_s[2] + channel;
    if (residual != nullptr)
      out.residual = residual + image * g_.residual_n + row * g_.residual_s[1] +
                     column * g_.residual_s[2] + channel;
    out.rows = static_cast<int>(std::min<int64_t>(m, g_.out[1] - row));
    out.columns = static_cast<int>(std::min<int64_t>(m, g_.out[2] - column));
    variant_.transforms->output(out);
  }
}

}  // namespace striate
