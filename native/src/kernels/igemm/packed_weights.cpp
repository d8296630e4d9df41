#include "kernels/igemm/packed_weights.h"

#include <string.h>

#include <algorithm>

#include "base/pages.h"
#include "dispatch/cpu_features.h"

namespace striate {

// k whose weights are moved at once: a line of memory where they are neighbours.
static constexpr int64_t kTransposed = 16;

const IgemmTiles* const kIgemmTiles[] = {
#if defined(__x86_64__)
    &avx512::igemm_tiles, &avx2::igemm_tiles,
#endif
    &portable::igemm_tiles, nullptr};

const IgemmTiles* const kDepthwiseTiles[] = {
#if defined(__x86_64__)
    &avx512::depthwise_tiles, &avx2::depthwise_tiles,
#endif
    &portable::depthwise_tiles, nullptr};

std::vector<ChannelBlock> channel_blocks(const IgemmTiles& tiles, int64_t channels, int64_t k) {
  std::vector<ChannelBlock> blocks;
  const int64_t full = static_cast<int64_t>(tiles.vectors) * tiles.lanes;
  int64_t offset = 0;
  for (int64_t c = 0; c < channels; c += full) {
    const int64_t width = std::min(full, channels - c);
    const int32_t vectors = static_cast<int32_t>(ceil_div(width, tiles.lanes));
    const int32_t tail = static_cast<int32_t>(width - (vectors - 1) * tiles.lanes);
    blocks.push_back({c, vectors, tail, offset});
    offset = checked_add(offset, checked_mul(k, vectors * tiles.lanes, "a packed weight block"),
                         "the packed weights");
  }
  return blocks;
}

std::vector<KSegment> k_segments(const IgemmTiles& tiles, int64_t taps, int64_t run) {
  std::vector<KSegment> segments;
  if (taps == 0 || tiles.streams) return {{0, taps, 0, run}};
  if (run >= kSegment) {
    const int64_t pieces = ceil_div(run, kSegment);
    for (int64_t t = 0; t < taps; ++t)
      for (int64_t p = 0; p < pieces; ++p)
        segments.push_back({t, 1, run * p / pieces, run * (p + 1) / pieces - run * p / pieces});
  } else {
    const int64_t pieces = ceil_div(taps, std::max<int64_t>(1, kSegment / run));
    for (int64_t p = 0; p < pieces; ++p)
      segments.push_back({taps * p / pieces, taps * (p + 1) / pieces - taps * p / pieces, 0, run});
  }
  return segments;
}

void pack_segment(const IgemmTiles& tiles, const ChannelBlock& block, const KSegment& segment,
                  const WeightView& view, float* out) {
  if (tiles.streams && block.vectors > 1) {
    for (int32_t v = 0; v < block.vectors; ++v, out += segment.taps * segment.run * tiles.lanes)
      pack_segment(
          tiles,
          {block.channel + v * tiles.lanes, 1, v + 1 < block.vectors ? tiles.lanes : block.tail, 0},
          segment, view, out);
    return;
  }
  const int64_t inner = view.k_inner > 0 ? view.k_inner : view.run;
  const int64_t inner_stride = view.k_inner > 0 ? view.k_inner_stride : view.k_stride;
  const int64_t padded = static_cast<int64_t>(block.vectors) * tiles.lanes;
  const int64_t width = padded - tiles.lanes + block.tail;
  for (int64_t t = segment.tap; t < segment.tap + segment.taps; ++t) {
    const float* const base = view.base + block.channel * view.channel_stride + view.tap_offset[t];
    const int64_t end = segment.offset + segment.run;
    for (int64_t first = segment.offset; first < end; first += kTransposed) {
      const int64_t count = std::min(kTransposed, end - first);
      const float* in[kTransposed];
      for (int64_t i = 0; i < count; ++i) {
        const int64_t k = first + i;
        in[i] = base + k / inner * view.k_stride + k % inner * inner_stride;
      }
      if (view.channel_stride == 1) {
        for (int64_t i = 0; i < count; ++i)
          memcpy(out + i * padded, in[i], static_cast<size_t>(width * 4));
      } else {
        for (int64_t c = 0; c < width; ++c)
          for (int64_t i = 0; i < count; ++i) out[i * padded + c] = in[i][c * view.channel_stride];
      }
      for (int64_t i = 0; i < count; ++i, out += padded)
        for (int64_t c = width; c < padded; ++c) out[c] = 0.0f;
    }
  }
}

PackedWeights::PackedWeights(const Request& request, const IgemmTiles& tiles, int64_t channels,
                             const WeightView& view)
    : blocks_(channel_blocks(tiles, channels, checked_mul(view.taps, view.run, "taps * channels"))),
      segments_(k_segments(tiles, view.taps, view.run)) {
  const ChannelBlock& end = blocks_.back();
  const int64_t count = end.weights + view.taps * view.run * end.vectors * tiles.lanes;
  data_ = request.pack_all(count, [&](float* packed) {
    for (const ChannelBlock& block : blocks_) {
      float* out = packed + block.weights;
      for (const KSegment& segment : segments_) {
        pack_segment(tiles, block, segment, view, out);
        out += segment.taps * segment.run * block.vectors * tiles.lanes;
      }
    }
  });
  finite_ = request.pack_all(
      1, [&](float* flag) { *flag = all_finite(data_.data(), count) ? 1.0f : 0.0f; });
}

std::string few_rows_reason(const IgemmTiles& few_rows, int64_t rows) {
  if (rows <= few_rows.most_rows()) return "";
  return "more than " + std::to_string(few_rows.most_rows()) + " rows fill a taller tile";
}

int64_t padded_channels(const IgemmTiles& tiles, int64_t channels) {
  return round_up(channels, tiles.lanes);
}

// Activates `width` channels of rows [0, count), whose first ones `dst` and `channel` name.
static void activate_rows(const IgemmTiles& tiles, float* const* dst, int64_t channel,
                          int64_t width, int64_t count, const Activation& activation) {
  for (int64_t m = 0; m < count;) {
    const int64_t begin = m++;
    while (m < count && dst[m] == dst[m - 1] + width) ++m;
    tiles.activate(dst[begin] + channel, (m - begin) * width, activation);
  }
}

// Rows of the next micro tile of `left` rows. The last two share what they have: a tile with few
// rows takes the time of reading its weights.
static int64_t tile_rows(int64_t left, int64_t most) {
  if (left <= most) return left;
  return left < most + most / 2 ? (left + 1) / 2 : most;
}

static void fetch_page(const float* page) {
  constexpr int kLine = 16, kIntoL2 = 2;
  for (int line = 0; line < 2; ++line) __builtin_prefetch(page + line * kLine, 0, kIntoL2);
}

void igemm_segment(const IgemmTiles& tiles, const ChannelBlock& block, const KSegment& segment,
                   bool first, bool last, const float* weights, const IgemmRows& rows,
                   const IgemmEpilogue& epilogue, const float* next) {
  const int v = block.vectors - 1;
  const int64_t max_rows = tiles.max_rows[v];
  IgemmTileArgs args;
  args.src_tap_stride = rows.tap_stride;
  args.tap_offsets = rows.tap_offsets == nullptr ? nullptr : rows.tap_offsets + segment.tap;
  args.src_offset = rows.src_offset + segment.offset;
  args.zero_row = rows.zero_row;
  args.taps = segment.taps;
  args.run = segment.run;
  args.weights = weights;
  args.bias = epilogue.bias;
  args.channel = epilogue.channel + block.channel;
  args.tail = block.tail;
  args.first = first;
  args.last = last;
  args.activation = epilogue.activation;
  // The first row tiles fetch what comes next, each a line per k, two where they are few, or less
  // with vectors of 8 and where L2 is large; there the two are streams of their own. Or its pages
  // are touched between tiles.
  constexpr int64_t kLine = 16;
  static const bool apart = has_large_l2(), by_pages = !apart && has_full_width_512();
  const int64_t spread = apart || tiles.lanes < 16 ? 4 : 1;
  const int64_t steps = segment.taps * segment.run;
  const int64_t parts = ceil_div(static_cast<int64_t>(block.vectors) * tiles.lanes, kLine);
  if (next == nullptr) next = weights + steps * block.vectors * tiles.lanes;
  const int64_t row_tiles = ceil_div(rows.count, max_rows);
  const int64_t fetching = std::min(row_tiles, spread * parts);
  const int64_t unit = fetching > parts ? 1 : kLine, units = parts * kLine / unit;  // of a share
  static const int64_t least = apart ? kPrefetchRows - 1 : kPrefetchRows;
  const bool fetches =
      !tiles.streams &&
      (4 * row_tiles >= 3 * parts || (2 * row_tiles >= parts && rows.count >= least * row_tiles));
  const int64_t pages =
      fetches && by_pages ? ceil_div(steps * block.vectors * tiles.lanes, kPage) : 0;
  const int64_t width = int64_t{v} * tiles.lanes + block.tail;
  const bool own = apart && !fetches && rows.count < kPrefetchRows;
  const bool activates = last && !is_in_registers(epilogue.activation);
  const IgemmTile* const half = tiles.half[v];
  const IgemmTile* const tile_of =
      half[0] != nullptr && block.tail <= tiles.lanes / 2 ? half : tiles.tile[v];
  const IgemmGroup* group = rows.groups;
  int64_t activated = 0, m = 0, tile = 0, page = 0;  // rows, rows, tiles, pages
  while (m < rows.count) {
    int64_t group_end = rows.count, tap_stride = rows.tap_stride;
    if (group != nullptr) {
      while (group->end - rows.group_origin <= m) ++group;
      group_end = std::min(rows.count, group->end - rows.group_origin);
      const bool by_steps = group->tap_offsets != nullptr;
      args.tap_offsets = by_steps ? group->tap_offsets + segment.tap : nullptr;
      if (by_steps) tap_stride = 0;
    }
    const float* const* const src = rows.src + segment.tap * tap_stride;
    while (m < group_end) {
      for (const int64_t end = std::min(pages, pages * (tile + 1) / row_tiles); page < end; ++page)
        fetch_page(next + page * kPage);
      const bool fetch = fetches && !by_pages && tile < fetching;
      const int64_t share = fetch ? units * tile / fetching : 0;
      args.next = fetch ? next + share * unit * steps : weights;
      const int64_t floats = fetch ? (units * (tile + 1) / fetching - share) * unit : 0;  // per k
      args.next_lines = own ? kOwnLines : !fetch ? 0 : floats > kLine ? 2 : 1;
      args.next_step = args.next_lines == 2 && apart ? kLine : floats;
      args.next_gap = apart ? steps * kLine : kLine;
      const int64_t r = tile_rows(group_end - m, max_rows);
      args.src = src + m;
      const bool follows = rows.far && segment.taps == 1 && m + 2 * r <= group_end;
      args.next_src = follows ? args.src + r : nullptr;
      args.dst = rows.dst + m;
      args.residual = rows.residual == nullptr ? nullptr : rows.residual + m;
      tile_of[r - 1](args);
      m += r;
      ++tile;
      if (activates && (m == rows.count || (m - activated) * width >= kActivatedAtOnce)) {
        activate_rows(tiles, rows.dst + activated, args.channel, width, m - activated,
                      epilogue.activation);
        activated = m;
      }
    }
  }
}

void igemm_block(const IgemmTiles& tiles, const ChannelBlock& block,
                 const std::vector<KSegment>& segments, const float* weights, const IgemmRows& rows,
                 const IgemmEpilogue& epilogue, const float* next) {
  for (const KSegment& segment : segments) {
    const bool last = &segment == &segments.back();
    igemm_segment(tiles, block, segment, &segment == &segments.front(), last, weights, rows,
                  epilogue, last ? next : nullptr);
    weights += segment.taps * segment.run * block.vectors * tiles.lanes;
  }
}

}  // namespace striate
