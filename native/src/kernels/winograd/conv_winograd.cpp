#include "kernels/winograd/conv_winograd.h"

#include <string.h>

#include <algorithm>

#include "dispatch/cpu_features.h"

namespace striate {
namespace {

// A block's V and M stay in L2 of 1 MB, with few channels the weights of all points too. A block
// reads all weights: so often are they used at least.
constexpr int64_t kBlockBytes = 400 * 1024;
constexpr int64_t kFewestTiles = 24;
constexpr int64_t kMostTiles = 96;

// Weights of all points that a large L2 does not hold are read less often.
constexpr int64_t kLargeWeights = 4 << 20;
constexpr int64_t kFewestTilesOfLargeL2 = 72;
// Less L2 holds V and M of no such block.
constexpr int64_t kSmallL2 = 1 << 20, kFewestTilesOfSmallL2 = 48;
constexpr int64_t kWorkPerThread = 3;  // tiles of work for each thread, so that none ends late

// Input channels whose weights are transformed before they are moved: all points of a block of 64
// outputs stay in L2, and each point's are then written as one run of 2 KB.
constexpr int64_t kPackedChannels = 8;

// Late weights are on their way to L2 so many input channels ahead: with 16, ResNet-18's layers of
// 7x7 take 11 % longer (Zen 5, one thread).
constexpr int64_t kLateAhead = 48;

// At least `floats`, an odd number of cache lines.
int64_t odd_lines(int64_t floats) { return (ceil_div(floats, 16) | 1) * 16; }

}  // namespace

const std::vector<WinogradVariant>& winograd_variants() {
  static const std::vector<WinogradVariant> variants = [] {
    std::vector<WinogradVariant> all;
    for (int i = 0; i < kWinogradForms; ++i) {
#if defined(__x86_64__)
      all.push_back({&winograd_forms[i], &avx512::igemm_tiles, &avx512::winograd_transforms[i]});
      all.push_back({&winograd_forms[i], &avx2::igemm_tiles, &avx2::winograd_transforms[i]});
#endif
      all.push_back(
          {&winograd_forms[i], &portable::igemm_tiles, &portable::winograd_transforms[i]});
    }
    return all;
  }();
  return variants;
}

std::string ConvWinograd::refuses(const Request& request, const ConvGeometry& g,
                                  const WinogradForm& form) {
  if (request.accuracy() == STRIATE_ACCURACY_STRICT) return "strict accuracy forbids it";
  if (form.fast_only && request.accuracy() != STRIATE_ACCURACY_FAST)
    return "its rounding error needs accuracy fast";
  if (g.transposed || g.in[0] != 1 || g.kernel[0] != 1 || g.out[0] != 1)
    return "it is no convolution of images";
  const WinogradAxis* const axes[] = {&form.h, &form.w};
  for (int i = 1; i < 3; ++i) {
    if (g.kernel[i] != axes[i - 1]->taps)
      return "the kernel is not " + std::to_string(form.h.taps) + "x" + std::to_string(form.w.taps);
    if (axes[i - 1]->taps == 1) continue;  // any stride
    const int stride = axes[i - 1]->stride;
    if (g.stride[i] != stride && (g.out[i] > 1 || stride > 1))
      return "the stride is not " + std::to_string(stride);
    if (g.dilation[i] != 1) return "it is dilated";
  }
  if (g.pooling != Pooling::kNone) {
    if (form.h.outputs % 2 != 0 || form.w.outputs % 2 != 0)
      return "its tiles do not divide into the squares that are pooled";
    if (g.has_residual) return "it has a residual";
    if (!is_in_registers(g.activation)) return "its activation takes a pass over what is pooled";
  }
  if (request.constant(1) == nullptr) return "the weights are not constant";
  if (g.src_c != 1 || g.dst_c != 1) return "the channels of x or dst are not adjacent";
  if (g.has_residual && g.residual_c != 1) return "the channels of the residual are not adjacent";
  return "";
}

std::string ConvWinograd::can_do(const Request& request, const WinogradVariant& variant) {
  if (std::string apart = pools_apart(request); !apart.empty()) return apart;
  const ConvGeometry g = conv_geometry(request);
  std::string refusal = refuses(request, g, *variant.form);
  if (!refusal.empty()) return refusal;
  if (!request.restoring() && !request.finite(1)) return "a weight is infinite or NaN";
  return "";
}

ConvWinograd::ConvWinograd(const Request& request, const WinogradVariant& variant)
    : variant_(variant), g_(conv_geometry(request)), points_(variant.form->points()) {
  const IgemmTiles& tiles = *variant.tiles;
  const WinogradForm& form = *variant.form;
  tiles_high_ = ceil_div(g_.out[1], form.h.outputs);
  tiles_wide_ = ceil_div(g_.out[2], form.w.outputs);
  row_stride_ = form.h.points() == 1 ? g_.stride[1] : form.h.stride;
  column_stride_ = form.w.points() == 1 ? g_.stride[2] : form.w.stride;
  image_tiles_ = checked_mul(checked_mul(tiles_high_, tiles_wide_, "the tiles"), g_.n, "the tiles");
  ic_ = round_up(g_.ic, tiles.lanes);
  oc_ = padded_channels(tiles, g_.oc);
  zeros_ = AlignedBuffer(std::max<int64_t>(ic_, tiles.vectors * tiles.lanes));

  const int64_t points = points_;
  const int64_t rows = tiles.most_rows();
  const int64_t fits = kBlockBytes / (points * 4 * (ic_ + oc_));
  const bool rereads = points * 4 * ic_ * oc_ > kLargeWeights;
  const int64_t fewest = rereads && has_large_l2() ? kFewestTilesOfLargeL2
                         : l2_bytes() < kSmallL2   ? kFewestTilesOfSmallL2
                                                   : kFewestTiles;
  block_ = std::clamp(fits, fewest, kMostTiles);
  // For many threads: smaller blocks as long as weights are used often enough, then parts of the
  // outputs, of equal width, each of which transforms the inputs again (6 % more work with 128
  // outputs).
  const int64_t wanted = request.threads() == 1 ? 1 : request.threads() * kWorkPerThread;
  block_ = std::min(block_, std::max(fewest, ceil_div(image_tiles_ * g_.groups, wanted)));
  block_ = std::min(round_up(block_, rows), round_up(image_tiles_, rows));
  groups_of_tiles_ = ceil_div(image_tiles_, block_);
  // As many for each thread: blocks are too large to even out what is left at the end.
  if (groups_of_tiles_ * g_.groups >= wanted)
    groups_of_tiles_ = std::min(round_up(groups_of_tiles_, request.threads()), image_tiles_);
  else if (groups_of_tiles_ > request.threads())
    groups_of_tiles_ -= groups_of_tiles_ % request.threads();
  block_ = ceil_div(image_tiles_, groups_of_tiles_);  // equal blocks
  groups_of_tiles_ = ceil_div(image_tiles_, block_);
  segments_ = k_segments(tiles, 1, g_.ic);
  const int64_t vectors = oc_ / tiles.lanes;
  for (parts_ = 1; parts_ < vectors / 2; ++parts_) {
    const int64_t work = groups_of_tiles_ * g_.groups * parts_;
    if (work >= wanted || work % request.threads() == 0) break;  // enough, or an equal share
  }
  for (int64_t part = 0; part < parts_; ++part) {
    part_blocks_.push_back(static_cast<int64_t>(blocks_.size()));
    const int64_t begin = vectors * part / parts_ * tiles.lanes;
    const int64_t end = std::min(vectors * (part + 1) / parts_ * tiles.lanes, g_.oc);
    for (ChannelBlock& block : channel_blocks(tiles, end - begin, g_.ic)) {
      block.channel += begin;
      block.weights += begin * g_.ic;
      blocks_.push_back(block);
    }
  }
  part_blocks_.push_back(static_cast<int64_t>(blocks_.size()));
  input_stride_ = odd_lines(checked_mul(block_, ic_, "a block"));
  output_stride_ = odd_lines(checked_mul(block_, oc_, "a block"));

  point_weights_ = checked_mul(g_.ic, oc_, "the transformed weights");
  in_float_ = may_be_late(g_, form);
  late_ = in_float_ && image_tiles_ <= (request.threads() == 1 ? kLateTiles / 2 : kLateTiles);
  // Points of weights, sums and inputs of 4 tiles in L1: 45 KB at 36 points of two vectors of 16.
  late_vectors_ =
      points * 4 * tiles.lanes * (8 * kLateVectors + 4) <= l1_data_bytes() ? kLateVectors : 1;
  if (late_) {
    pack_filters(request);
  } else {
    weights_ =
        request.pack_all(checked_mul(g_.groups * points, point_weights_, "the transformed weights"),
                         [&](float* out) { pack(request.constant_f32(1), out); });
    packed_bytes_ = weights_.bytes();
  }

  bias_ = PaddedBias(request, g_.has_bias, g_.bias_stride, g_.groups, g_.oc, oc_);
  packed_bytes_ += bias_.packed_bytes() + zeros_.bytes();

  int64_t at = checked_mul(points * 4, input_stride_, "the scratch");
  scratch_.products = at;
  at = checked_add(at, checked_mul(points * 4, output_stride_, "the scratch"), "the scratch");
  scratch_.late = at;
  if (late_) at += points * 4 * (kLateChannels + block_) * kLateVectors * tiles.lanes;
  scratch_.pointers = at;
  at += round_up(2 * 8 * block_, 64);
  scratch_.bias = at;
  scratch_.bytes = checked_add(at, bias_.scratch_bytes(), "the scratch");
}

// Untransformed, [group][vector of outputs][ic][tap][lanes], zeros beyond the last output.
void ConvWinograd::pack_filters(const Request& request) {
  const float* const weights = request.constant_f32(1);
  const int64_t taps = g_.kernel[1] * g_.kernel[2], lanes = variant_.tiles->lanes;
  const int64_t count = checked_mul(g_.groups * taps, point_weights_, "the weights");
  filters_ = request.pack_all(count, [&](float* to) {
    for (int64_t group = 0; group < g_.groups; ++group)
      for (int64_t o = 0; o < oc_; o += lanes) {
        const int64_t inside = std::min(lanes, g_.oc - o);
        const float* from = weights + group * g_.weights_g + o * g_.weights_o;
        for (int64_t i = 0; i < g_.ic; ++i, from += g_.weights_i)
          for (int64_t h = 0; h < g_.kernel[1]; ++h)
            for (int64_t w = 0; w < g_.kernel[2]; ++w, to += lanes) {
              const float* const tap = from + h * g_.weights_k[1] + w * g_.weights_k[2];
              for (int64_t x = 0; x < inside; ++x) to[x] = tap[x * g_.weights_o];
              for (int64_t x = inside; x < lanes; ++x) to[x] = 0;
            }
      }
  });
  packed_bytes_ = filters_.bytes();
}

// The order is that of packed_weights.h, whose segments of one tap follow each other: [block][ic]
// [outputs of the block], zeros beyond the last.
void ConvWinograd::pack(const float* w, float* packed) const {
  const int64_t widest =
      round_up(variant_.tiles->vectors * variant_.tiles->lanes, kWinogradFilters);
  const int64_t point_stride = kPackedChannels * widest;
  AlignedBuffer some(points_ * point_stride, AlignedBuffer::kNone);  // [point][channel][output]
  for (int64_t group = 0; group < g_.groups; ++group, w += g_.weights_g)
    for (const ChannelBlock& block : blocks_) {
      const int64_t width = int64_t{block.vectors} * variant_.tiles->lanes;
      const int64_t row = round_up(width, kWinogradFilters);
      float* to = packed + group * points_ * point_weights_ + block.weights;
      for (int64_t first = 0; first < g_.ic; first += kPackedChannels) {
        const int64_t channels = std::min(kPackedChannels, g_.ic - first);
        for (int64_t o = 0; o < row; o += kWinogradFilters)
          for (int64_t i = 0; i < channels; ++i)
            transform_weights(w, block.channel + o, first + i, some.data() + i * row + o,
                              point_stride);
        const int64_t rows = row == width ? 1 : channels;  // copies
        const int64_t each = channels * width / rows;
        for (int64_t p = 0; p < points_; ++p)
          for (int64_t i = 0; i < rows; ++i)
            memcpy(to + p * point_weights_ + i * each, some.data() + p * point_stride + i * row,
                   static_cast<size_t>(each * 4));
        to += channels * width;
      }
    }
}

// The filters of an input channel for kWinogradFilters outputs from `output` on.
void ConvWinograd::transform_weights(const float* w, int64_t output, int64_t input, float* points,
                                     int64_t point_stride) const {
  float filters[kMaxWinogradFilter * kWinogradFilters] = {};
  const int64_t count = std::min<int64_t>(g_.oc - output, kWinogradFilters);
  for (int64_t o = 0; o < count; ++o) {
    const float* const from = w + (output + o) * g_.weights_o + input * g_.weights_i;
    float* to = filters + o;
    for (int64_t h = 0; h < g_.kernel[1]; ++h)
      for (int64_t k = 0; k < g_.kernel[2]; ++k, to += kWinogradFilters)
        *to = from[h * g_.weights_k[1] + k * g_.weights_k[2]];
  }
  if (in_float_)
    variant_.transforms->filters(filters, points, point_stride);
  else
    variant_.transforms->weights(*variant_.form, filters, points, point_stride);
}

void ConvWinograd::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                       void* scratch) const noexcept {
  char* const memory = static_cast<char*>(scratch);
  float* const points = static_cast<float*>(scratch);
  float* const products = reinterpret_cast<float*>(memory + scratch_.products);
  float** const pointers = reinterpret_cast<float**>(memory + scratch_.pointers);
  const float* const bias = bias_.at(src, memory + scratch_.bias);
  const float* residual =
      g_.has_residual ? static_cast<const float*>(src[g_.residual_index()]) : nullptr;
  for (int64_t tile = first; tile < last; ++tile) {
    const int64_t block = tile / parts_, begin = block % groups_of_tiles_ * block_;
    const int64_t group = block / groups_of_tiles_, part = tile % parts_;
    const int64_t count = std::min(block_, image_tiles_ - begin);
    transform_inputs(group, begin, count, static_cast<const float*>(src[0]), points);
    if (late_)
      multiply_late(group, part, count, points, products,
                    reinterpret_cast<float*>(memory + scratch_.late));
    else
      multiply(group, part, count, points, products, pointers);
    transform_outputs(group, part, begin, count, products, bias + group * oc_, residual,
                      static_cast<float*>(dst[0]));
  }
}

void ConvWinograd::tile_pixels(int64_t group, int64_t tile, const float* x,
                               const float** pixels) const noexcept {
  const WinogradForm& form = *variant_.form;
  const int64_t column = tile % tiles_wide_ * form.w.outputs * column_stride_ - g_.pad[2];
  const int64_t row = tile / tiles_wide_ % tiles_high_ * form.h.outputs * row_stride_ - g_.pad[1];
  const float* const image =
      x + tile / (tiles_wide_ * tiles_high_) * g_.src_n + group * g_.ic * g_.src_c;
  for (int i = 0; i < form.h.points(); ++i)
    for (int j = 0; j < form.w.points(); ++j) {
      const int64_t h = row + i, w = column + j;
      const bool inside = h >= 0 && h < g_.in[1] && w >= 0 && w < g_.in[2];
      *pixels++ = inside ? image + h * g_.src_s[1] + w * g_.src_s[2] : zeros_.data();
    }
}

void ConvWinograd::transform_inputs(int64_t group, int64_t first, int64_t count, const float* x,
                                    float* points) const noexcept {
  const float* pixels[2][kMaxWinogradPoints];
  WinogradInput in{pixels[0], pixels[1], g_.ic, points, input_stride_};
  tile_pixels(group, first, x, pixels[0]);
  for (int64_t t = 0; t < count; ++t, in.dst += ic_) {
    in.src = pixels[t % 2];
    in.next = pixels[(t + 1) % 2];
    // The last tile of a block fetches its own pixels.
    tile_pixels(group, first + std::min(t + 1, count - 1), x, pixels[(t + 1) % 2]);
    variant_.transforms->input(in);
  }
}

int64_t ConvWinograd::first_block(int64_t part) const noexcept {
  return part_blocks_[static_cast<size_t>(part)];
}

int64_t ConvWinograd::first_output(int64_t part) const noexcept {
  return part == parts_ ? g_.oc : blocks_[static_cast<size_t>(first_block(part))].channel;
}

// Directs rows of products to a point's inputs and results.
void ConvWinograd::aim(float** pointers, int64_t count, int64_t point, const float* points,
                       float* products) const noexcept {
  const float** const src = const_cast<const float**>(pointers);
  float** const dst = pointers + block_;
  for (int64_t t = 0; t < count; ++t) {
    src[t] = points + point * input_stride_ + t * ic_;
    dst[t] = products + point * output_stride_ + t * oc_;
  }
}

void ConvWinograd::multiply(int64_t group, int64_t part, int64_t count, const float* points,
                            float* products, float** pointers) const noexcept {
  IgemmRows rows{};
  rows.src = const_cast<const float**>(pointers);
  rows.dst = pointers + block_;
  rows.count = count;
  const IgemmEpilogue epilogue{0, zeros_.data(), {STRIATE_ACT_NONE, 0, 0}};
  for (int64_t p = 0; p < points_; ++p) {
    aim(pointers, count, p, points, products);
    const float* const weights = weights_.data() + (group * points_ + p) * point_weights_;
    const ChannelBlock* const blocks = blocks_.data();
    const int64_t first = first_block(part), end = first_block(part + 1);
    for (int64_t b = first; b < end; ++b) {
      // After the part's last block comes its first one of the next point.
      const float* const next = b + 1 < end ? weights + blocks[b + 1].weights
                                            : weights + point_weights_ + blocks[first].weights;
      igemm_block(*variant_.tiles, blocks[b], segments_, weights + blocks[b].weights, rows,
                  epilogue, next);
    }
  }
}

// A few input channels at a time, whose points stay in L1 while all tiles pass, as do the sums
// (7x7, 512 channels, in ResNet-18, Zen 5: two threads 0.66 ms by way of L2, 0.55 so; one
// thread 1.21 ms with weights transformed before, 0.93 so).
void ConvWinograd::multiply_late(int64_t group, int64_t part, int64_t count, const float* points,
                                 float* products, float* late) const noexcept {
  const int64_t lanes = variant_.tiles->lanes, filter = g_.kernel[1] * g_.kernel[2] * lanes;
  const int64_t vector_stride = g_.ic * filter;
  const int64_t next_step = ceil_div(kLateChannels * filter, points_);
  float* const sums = late + points_ * kLateChannels * kLateVectors * lanes;
  const int64_t end = round_up(first_output(part + 1), lanes);
  int64_t width = 0;
  for (int64_t o = first_output(part); o < end; o += width) {
    const int64_t vectors = std::min(late_vectors_, (end - o) / lanes);
    width = vectors * lanes;
    const float* filters = filters_.data() + (group * oc_ + o) / lanes * vector_stride;
    memset(sums, 0, static_cast<size_t>(points_ * count * width * 4));
    for (int64_t c = 0; c < g_.ic; c += kLateChannels, filters += kLateChannels * filter) {
      variant_.transforms->late_filters[vectors - 1](filters, vector_stride, late);
      variant_.transforms->late_products[vectors - 1](
          {late, points + c, input_stride_, ic_, sums, count, points_,
           filters + kLateAhead * filter, next_step, vector_stride});
    }
    const float* from = sums;
    for (int64_t tile = 0; tile < count; tile += 4)
      for (int p = 0; p < points_; ++p)
        for (int64_t t = tile; t < std::min(tile + 4, count); ++t, from += width)
          memcpy(products + p * output_stride_ + t * oc_ + o, from, static_cast<size_t>(width * 4));
  }
}

void ConvWinograd::transform_outputs(int64_t group, int64_t part, int64_t first, int64_t count,
                                     const float* products, const float* bias,
                                     const float* residual, float* y) const noexcept {
  const WinogradAxis &high = variant_.form->h, &wide = variant_.form->w;
  const bool upright = wide.points() == 1;  // one-dimensional along h: its rows are columns
  WinogradOutput out{};
  const int64_t begin = first_output(part), end = first_output(part + 1);
  out.src = products + begin;
  out.point_stride = output_stride_;
  out.channels = end - begin;
  out.bias = bias + begin;
  out.dst_row = g_.dst_s[1];
  out.dst_column = upright ? g_.dst_s[1] : g_.dst_s[2];
  out.residual_row = g_.residual_s[1];
  out.residual_column = upright ? g_.residual_s[1] : g_.residual_s[2];
  out.activation = g_.activation;
  out.pooling = g_.pooling;
  const int64_t side = g_.pooling == Pooling::kNone ? 1 : 2;  // of what makes an element of dst
  const auto transform = g_.pooling == Pooling::kNone ? variant_.transforms->output
                                                      : variant_.transforms->pooled_output;
  auto destination = [&](int64_t t) {
    const int64_t column = t % tiles_wide_ * wide.outputs / side;
    const int64_t row = t / tiles_wide_ % tiles_high_ * high.outputs / side;
    return y + t / (tiles_wide_ * tiles_high_) * g_.dst_n + row * g_.dst_s[1] +
           column * g_.dst_s[2] + group * g_.oc + begin;
  };
  out.dst = destination(first);
  for (int64_t t = first; t < first + count; ++t, out.src += oc_) {
    const int64_t column = t % tiles_wide_ * wide.outputs;
    const int64_t row = t / tiles_wide_ % tiles_high_ * high.outputs;
    float* const next = destination(std::min(t + 1, first + count - 1));
    out.next = next;
    if (residual != nullptr)
      out.residual = residual + t / (tiles_wide_ * tiles_high_) * g_.residual_n +
                     row * g_.residual_s[1] + column * g_.residual_s[2] + group * g_.oc + begin;
    out.rows = static_cast<int>(std::min<int64_t>(high.outputs, g_.out[1] - row));
    out.columns = static_cast<int>(std::min<int64_t>(wide.outputs, g_.out[2] - column));
    if (upright) out.columns = out.rows, out.rows = 1;
    transform(out);
    out.dst = next;
  }
}

}  // namespace striate
