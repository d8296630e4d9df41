// ConvIgemm, create time: phases, packed weights, tile and scratch sizes.
#include <algorithm>

#include "dispatch/cpu_features.h"
#include "kernels/conv/conv_igemm.h"

namespace striate {
namespace {

constexpr int64_t kMergeChannels = 32;  // up to here rows are copied to merge kw and ic
// Share of taps outside of x to the left and right, over 1 / channels, from which on it is better
// to skip them than to merge; a tap's pointers take the time of about half a channel.
constexpr double kMissingPerChannel = 0.5;
constexpr int64_t kTableBytes = 64 * 1024;  // a pointer table should not crowd out the data
constexpr int64_t kMaxPhases = 4096;
// Pixels of a tile; of tiles that one pass takes together where pixels are the outer loop and each
// block of channels reads them again, and where channel blocks are.
constexpr int64_t kBlock = 96, kJoinedOuter = 288, kJoinedInner = 768;
constexpr int64_t kTilesPerThread = 8;  // enough to balance uneven threads

bool can_copy(const ConvGeometry& g) {
  return !g.transposed && g.in[0] == 1 && g.kernel[0] == 1 && g.out[0] == 1;
}

}  // namespace

std::string ConvIgemm::can_do(const Request& request, bool depthwise) {
  const ConvGeometry g = conv_geometry(request);
  if (request.constant(1) == nullptr) return "the weights are not constant";
  if (depthwise && (g.ic != 1 || g.groups == 1)) return "it is not depthwise";
  if (g.dst_c != 1) return "the channels of dst are not adjacent";
  if (g.has_residual && g.residual_c != 1) return "the channels of the residual are not adjacent";
  int64_t phases = 1;
  for (int i = 0; g.transposed && i < 3; ++i)
    phases = std::min(phases, kMaxPhases) * std::min(std::min(g.stride[i], g.out[i]), kMaxPhases);
  if (phases > kMaxPhases) return "the stride has more than 4096 residues";
  if (g.src_c != 1 && !can_copy(g)) return "the channels of x are not adjacent";
  if (depthwise && g.oc > 1 && !can_copy(g)) return "it has several outputs per channel";
  return "";
}

ConvIgemm::ConvIgemm(const Request& request, const IgemmTiles& tiles, bool depthwise)
    : tiles_(tiles), depthwise_(depthwise), g_(conv_geometry(request)), repeat_(1) {
  if (depthwise_) {
    repeat_ = g_.oc;
    if (g_.transposed) g_.weights_o = g_.weights_i;  // weights are [C, 1, K...] either way
    g_.ic = g_.groups;
    g_.oc = g_.groups * repeat_;
    g_.groups = 1;
  }
  const bool merge = !depthwise_ && g_.kernel[2] > 1 && g_.dilation[2] == 1 &&
                     g_.ic <= kMergeChannels &&
                     (g_.src_c != 1 || !can_copy(g_) ||
                      missing_columns(g_) * static_cast<double>(g_.ic) < kMissingPerChannel);
  source_ = Source::kDirect;
  if (merge && !g_.transposed && g_.pad[2] == 0 && g_.pad_end[2] == 0 && g_.groups == 1 &&
      g_.src_c == 1 && g_.src_s[2] == g_.ic)
    source_ = Source::kMerged;
  else if (can_copy(g_) && (merge || g_.src_c != 1 || repeat_ > 1))
    source_ = Source::kCopied;

  merged_ = source_ != Source::kDirect && !depthwise_ && g_.dilation[2] == 1;
  row_ = g_.ic * repeat_;
  run_ = depthwise_ ? 1
         : merged_  ? checked_mul(g_.kernel[2], g_.ic, "kernel width * channels")
                    : g_.ic;
  columns_ = source_ == Source::kCopied
                 ? (g_.out[2] - 1) * g_.stride[2] + (g_.kernel[2] - 1) * g_.dilation[2] + 1
                 : 0;
  images_ = source_ == Source::kCopied ? g_.n : 1;
  zeros_ = AlignedBuffer(std::max(run_, row_));
  padded_ = padded_channels(tiles_, g_.oc);
  plan_phases();
  plan_pointers();
  for (Phase& phase : phases_) pack(phase, request);
  blocks_ = static_cast<int64_t>(phases_[0].weights[0].blocks().size());

  bias_ = PaddedBias(request, g_.has_bias, g_.bias_stride, g_.groups, g_.oc, padded_);
  packed_bytes_ += bias_.packed_bytes() + zeros_.bytes();
  plan_tiles(request.threads());
  plan_scratch(request);
}

void ConvIgemm::plan_phases() {
  if (!g_.transposed) {
    Phase phase{};
    const int64_t kw = merged_ ? 1 : g_.kernel[2];
    for (int64_t d = 0; d < g_.kernel[0]; ++d)
      for (int64_t h = 0; h < g_.kernel[1]; ++h)
        for (int64_t w = 0; w < kw; ++w)
          phase.taps.push_back({{d * g_.dilation[0] - g_.pad[0], h * g_.dilation[1] - g_.pad[1],
                                 w * g_.dilation[2] - g_.pad[2]},
                                0,
                                0,
                                0});
    for (int i = 0; i < 3; ++i) {
      phase.count[i + 1] = g_.out[i];
      phase.spacing[i] = 1;
      phase.step[i] = g_.stride[i];
    }
    phases_.push_back(std::move(phase));
  } else {
    int64_t residue[3];
    for (residue[0] = 0; residue[0] < std::min(g_.stride[0], g_.out[0]); ++residue[0])
      for (residue[1] = 0; residue[1] < std::min(g_.stride[1], g_.out[1]); ++residue[1])
        for (residue[2] = 0; residue[2] < std::min(g_.stride[2], g_.out[2]); ++residue[2])
          add_phase(residue);
  }
  for (Phase& phase : phases_) {
    phase.count[0] = source_ == Source::kCopied ? 1 : g_.n;
    phase.pixels = 1;
    for (int64_t count : phase.count)
      phase.pixels = checked_mul(phase.pixels, count, "the output pixels");
  }
}

// Whether the positions of a dense index space [N][D][H][W] lie at equal steps.
static bool is_linear(const int64_t count[4], int64_t n, const int64_t s[3]) {
  return (count[2] == 1 || s[1] == count[3] * s[2]) &&
         (count[1] == 1 || s[0] == count[2] * count[3] * s[2]) &&
         (count[0] == 1 || n == count[1] * count[2] * count[3] * s[2]);
}

void ConvIgemm::plan_pointers() {
  const bool copied = source_ == Source::kCopied;
  row_stride_ = copied ? columns_ * row_ : g_.src_s[1];
  column_stride_ = copied ? row_ : g_.src_s[2];
  const int64_t columns = copied ? columns_ : g_.in[2];
  bool same_grid = !copied && !g_.transposed;  // output pixels are source pixels
  for (int i = 0; i < 3; ++i)
    same_grid = same_grid && g_.kernel[i] == 1 && g_.stride[i] == 1 && g_.in[i] == g_.out[i];
  const Phase& whole = phases_[0];
  linear_src_ = same_grid && is_linear(whole.count, g_.src_n, g_.src_s);
  linear_dst_ = !g_.transposed && is_linear(whole.count, g_.dst_n, g_.dst_s);
  linear_residual_ = !g_.transposed && is_linear(whole.count, g_.residual_n, g_.residual_s);
  for (Phase& phase : phases_)
    for (Tap& tap : phase.taps) {
      tap.column = tap.offset[2] + (copied ? g_.pad[2] : 0);
      tap.valid_begin = std::max<int64_t>(0, -floor_div(tap.column, phase.step[2]));
      tap.valid_end = floor_div(columns - 1 - tap.column, phase.step[2]) + 1;
    }
  for (Phase& phase : phases_) plan_steps(phase);
  if (source_ == Source::kDirect && !depthwise_ && can_copy(g_)) plan_order(phases_[0]);
}

// Which taps are steps from the first one. Depthwise tiles read a table always; a single tap has no
// use for steps.
void ConvIgemm::plan_steps(Phase& phase) {
  phase.columns_inside = phase.inside = phase.taps.size() > 1 && !depthwise_;
  if (!phase.inside) return;
  const Tap& first = phase.taps.front();
  phase.first_row = phase.last_row = first.offset[1];
  for (const Tap& tap : phase.taps) {
    phase.tap_offsets.push_back((tap.offset[0] - first.offset[0]) * g_.src_s[0] +
                                (tap.offset[1] - first.offset[1]) * row_stride_ +
                                (tap.column - first.column) * column_stride_);
    phase.columns_inside =
        phase.columns_inside && tap.valid_begin == 0 && tap.valid_end >= phase.count[3];
    phase.inside = phase.inside && phase.columns_inside;
    for (int i = 0; i < 2; ++i)
      phase.inside = phase.inside && tap.offset[i] >= 0 &&
                     (phase.count[i + 1] - 1) * phase.step[i] + tap.offset[i] < g_.in[i];
    phase.first_row = std::min(phase.first_row, tap.offset[1]);
    phase.last_row = std::max(phase.last_row, tap.offset[1]);
  }
}

// Outputs o = residue + S*q: tap k reaches it from source index i = q + (residue + pad - k*dil)/S,
// where that division leaves no remainder.
void ConvIgemm::add_phase(const int64_t residue[3]) {
  Phase phase{};
  for (int i = 0; i < 3; ++i) {
    phase.count[i + 1] = ceil_div(g_.out[i] - residue[i], g_.stride[i]);
    phase.origin[i] = residue[i];
    phase.spacing[i] = g_.stride[i];
    phase.step[i] = 1;
  }
  int64_t k[3];
  for (k[0] = 0; k[0] < g_.kernel[0]; ++k[0])
    for (k[1] = 0; k[1] < g_.kernel[1]; ++k[1])
      for (k[2] = 0; k[2] < g_.kernel[2]; ++k[2]) {
        Tap tap{};
        bool reaches = true;
        for (int i = 0; i < 3; ++i) {
          const int64_t from = residue[i] + g_.pad[i] - k[i] * g_.dilation[i];
          reaches = reaches && floor_mod(from, g_.stride[i]) == 0;
          tap.offset[i] = floor_div(from, g_.stride[i]);
        }
        if (reaches) phase.taps.push_back(tap);
      }
  phases_.push_back(std::move(phase));
}

void ConvIgemm::pack(Phase& phase, const Request& request) {
  std::vector<int64_t> offsets;
  for (const Tap& tap : phase.taps) {
    int64_t offset = 0;
    for (int i = 0; i < 3; ++i) {
      // the tap's kernel index, recovered from its offset
      const int64_t from = g_.transposed
                               ? phase.origin[i] + g_.pad[i] - tap.offset[i] * g_.stride[i]
                               : tap.offset[i] + g_.pad[i];
      offset += from / g_.dilation[i] * g_.weights_k[i];
    }
    offsets.push_back(offset);
  }
  for (int64_t group = 0; group < g_.groups; ++group) {
    WeightView view = weight_view(request, g_, group, offsets);
    view.run = run_;
    if (merged_) {
      view.k_stride = g_.weights_k[2];
      view.k_inner = g_.ic;
      view.k_inner_stride = g_.weights_i;
    }
    phase.weights.emplace_back(request, tiles_, g_.oc, view);
    packed_bytes_ += phase.weights.back().bytes();
  }
}

void ConvIgemm::plan_tiles(int threads) {
  const int64_t rows = tiles_.most_rows();
  int64_t most_taps = 1, weight_bytes = 0, work = 0;
  for (const Phase& phase : phases_) {
    most_taps = std::max(most_taps, static_cast<int64_t>(phase.taps.size()));
    weight_bytes = std::max(weight_bytes, phase.weights[0].bytes());
    work += phase.pixels;
  }
  pixels_outer_ = weight_bytes <= l2_bytes() / 2;
  int64_t src_bytes = 4 * g_.n * g_.groups * g_.ic;
  for (int64_t extent : g_.in) src_bytes *= extent;
  far_ = source_ == Source::kDirect && src_bytes > l2_bytes() / 2;
  const int64_t table_pixels = std::max<int64_t>(8 * rows, kTableBytes / (most_taps * 8));
  // pixel blocks wanted over all phases, so that every thread gets its share of tiles
  const int64_t wanted = ceil_div(threads * kTilesPerThread, images_ * g_.groups * blocks_);
  int64_t block = kBlock;
  if (source_ == Source::kCopied && merged_)
    block = std::max(block, std::min<int64_t>(4 * g_.out[2], 2048));
  block = std::min(block, std::max(2 * rows, work / wanted));
  block = round_up(std::min(block, table_pixels), rows);
  max_pixels_ = block;
  if (source_ != Source::kCopied) {
    const int64_t joined = pixels_outer_ ? kJoinedOuter : kJoinedInner;
    max_pixels_ = std::max(block, std::min(table_pixels, joined) / block * block);
  }
  for (Phase& phase : phases_) {
    phase.block = block;
    phase.blocks = ceil_div(phase.pixels, block);
    phase.tiles = checked_mul(checked_mul(images_ * g_.groups, blocks_, "the tiles"), phase.blocks,
                              "the tiles");
    tile_count_ = checked_add(tile_count_, phase.tiles, "the tiles");
    max_pixels_ = std::min(max_pixels_, round_up(work, block));
  }
}

void ConvIgemm::plan_scratch(const Request& request) {
  (void)request;
  int64_t most_taps = 1;
  for (const Phase& phase : phases_)
    most_taps = std::max(most_taps, static_cast<int64_t>(phase.taps.size()));
  int64_t at = round_up(checked_mul(most_taps, max_pixels_ * 8, "the pointer table"), 64);
  auto reserve = [&](int64_t bytes) {
    const int64_t start = at;
    at = round_up(checked_add(at, bytes, "the scratch"), 64);
    return start;
  };
  scratch_.dst = reserve(max_pixels_ * 8);
  scratch_.residual = g_.has_residual ? reserve(max_pixels_ * 8) : 0;
  scratch_.bias = reserve(bias_.scratch_bytes());
  scratch_.rows = 0;
  if (source_ == Source::kCopied) {
    const int64_t out_rows = std::min(g_.out[1], (max_pixels_ - 1) / g_.out[2] + 2);
    const int64_t in_rows =
        std::min(g_.in[1], (out_rows - 1) * g_.stride[1] + (g_.kernel[1] - 1) * g_.dilation[1] + 1);
    const int64_t row = checked_mul(columns_, row_ * 4, "a padded row");
    scratch_.rows = reserve(checked_mul(in_rows, row, "the padded rows"));
  }
  scratch_.bytes = at;
}

}  // namespace striate
