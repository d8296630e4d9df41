#include "kernels/gemm/gemm_igemm.h"

#include <string.h>

#include <algorithm>
#include <map>

namespace striate {
namespace {

constexpr int64_t kMaxRows = 768;       // in one pointer table
constexpr int64_t kTilesPerThread = 4;  // enough to balance uneven threads
constexpr int64_t kMaxColumns = int64_t{1} << 28;
constexpr int64_t kMaxBatches = int64_t{1} << 24;
constexpr int64_t kNoOffset = 0;

WeightView view_of(const GemmGeometry& g, const float* b) {
  WeightView view{};
  view.base = b;
  view.channel_stride = g.b_n;
  view.tap_offset = &kNoOffset;
  view.taps = 1;
  view.run = g.k;
  view.k_stride = g.b_k;
  return view;
}

}  // namespace

std::string GemmIgemm::can_do(const Request& request) {
  const GemmGeometry g = gemm_geometry(request);
  if (g.n > kMaxColumns || g.k > kMaxColumns) return "n or k is above 2^28";
  if (g.batches() > kMaxBatches) return "it has more than 2^24 batches";
  if (g.dst_n != 1) return "the columns of dst are not adjacent";
  if (g.has_residual && g.residual_n != 1) return "the columns of the residual are not adjacent";
  return "";
}

GemmIgemm::GemmIgemm(const Request& request, const IgemmTiles& tiles)
    : tiles_(tiles), g_(gemm_geometry(request)) {
  b_constant_ = request.constant(1) != nullptr;
  copy_a_ = g_.a_k != 1;
  b_batched_ = g_.b_batched();
  matrices_ = b_batched_ ? g_.batches() : 1;
  rows_ = g_.rows();
  blocks_ = channel_blocks(tiles_, g_.n, g_.k);
  segments_ = k_segments(tiles_, 1, g_.k);
  if (b_constant_) {
    std::map<int64_t, int64_t> known;  // offset of b -> index of its packed form
    for (int64_t i = 0; i < matrices_; ++i) {
      const int64_t offset = b_batched_ ? g_.batch_offset(i, g_.b_batch) : 0;
      const auto [at, fresh] = known.try_emplace(offset, static_cast<int64_t>(packed_.size()));
      if (fresh) {
        packed_.emplace_back(request, tiles_, g_.n, view_of(g_, request.constant_f32(1) + offset));
        packed_bytes_ += packed_.back().bytes();
      }
      packed_index_.push_back(at->second);
    }
  }
  padded_ = padded_channels(tiles_, g_.n);
  bias_ = PaddedBias(request, g_.has_bias, g_.bias_stride, 1, g_.n, padded_);
  packed_bytes_ += bias_.packed_bytes();

  const int64_t micro = tiles_.most_rows();
  const int64_t columns = checked_mul(matrices_, static_cast<int64_t>(blocks_.size()), "the tiles");
  const int64_t wanted = ceil_div(request.threads() * kTilesPerThread, columns);
  block_ = std::min<int64_t>(b_constant_ ? 96 : kMaxRows, std::max(2 * micro, rows_ / wanted));
  // copies of transposed rows should stay in L2
  if (copy_a_) block_ = std::min(block_, std::max(micro, 128 * 1024 / (g_.k * 4)));
  block_ = round_up(block_, micro);
  row_blocks_ = ceil_div(rows_, block_);
  max_rows_ = copy_a_ ? block_ : std::max(block_, kMaxRows / block_ * block_);
  max_rows_ = std::min(max_rows_, round_up(rows_, block_));
  tile_count_ = checked_mul(columns, row_blocks_, "the tiles");

  int64_t at = round_up(max_rows_ * 8, 64);
  auto reserve = [&](int64_t bytes) {
    const int64_t start = at;
    at = round_up(checked_add(at, bytes, "the scratch"), 64);
    return start;
  };
  dst_at_ = reserve(max_rows_ * 8);
  residual_at_ = g_.has_residual ? reserve(max_rows_ * 8) : 0;
  bias_at_ = reserve(bias_.scratch_bytes());
  copies_at_ = copy_a_ ? reserve(checked_mul(max_rows_, g_.k * 4, "the copied rows")) : 0;
  int64_t longest = 0;
  for (const KSegment& segment : segments_) longest = std::max(longest, segment.run);
  panel_at_ = b_constant_ ? 0 : reserve(longest * tiles_.vectors * tiles_.lanes * 4);
  scratch_bytes_ = at;
}

void GemmIgemm::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                    void* scratch) const noexcept {
  char* const base = static_cast<char*>(scratch);
  const float** const table = reinterpret_cast<const float**>(base);
  float** const dst_rows = reinterpret_cast<float**>(base + dst_at_);
  float** const residual_rows = reinterpret_cast<float**>(base + residual_at_);
  const float* const bias = bias_.at(src, base + bias_at_);
  // Residuals are only read: the row table just shares its type with dst's.
  float* const residual =
      g_.has_residual ? const_cast<float*>(static_cast<const float*>(src[g_.residual_index()]))
                      : nullptr;
  const int64_t column_blocks = static_cast<int64_t>(blocks_.size());
  int64_t pointed = -1, pointed_rows = 0;  // the rows that the tables hold
  for (int64_t t = first; t < last;) {
    Range range;
    const int64_t row_block = t % row_blocks_;
    range.column_block = t / row_blocks_ % column_blocks;
    range.matrix = t / row_blocks_ / column_blocks;
    const int64_t taken = std::min(std::min(last - t, row_blocks_ - row_block), max_rows_ / block_);
    range.row = row_block * block_;
    range.rows = std::min(rows_ - range.row, taken * block_);
    t += taken;
    if (pointed != range.matrix * rows_ + range.row || pointed_rows != range.rows) {
      point_rows(range, static_cast<const float*>(src[0]),
                 reinterpret_cast<float*>(base + copies_at_), table);
      point_outputs(range, static_cast<float*>(dst[0]), g_.dst_batch, g_.dst_m, dst_rows);
      if (residual != nullptr)
        point_outputs(range, residual, g_.residual_batch, g_.residual_m, residual_rows);
      pointed = range.matrix * rows_ + range.row;
      pointed_rows = range.rows;
    }
    const IgemmRows rows{
        table,      range.rows, 0,      dst_rows, residual != nullptr ? residual_rows : nullptr,
        range.rows, nullptr,    nullptr};
    run_columns(range, static_cast<const float*>(src[1]), bias, rows,
                reinterpret_cast<float*>(base + panel_at_));
  }
}

void GemmIgemm::run_columns(const Range& range, const float* b, const float* bias,
                            const IgemmRows& rows, float* panel) const noexcept {
  const ChannelBlock& block = blocks_[static_cast<size_t>(range.column_block)];
  const IgemmEpilogue epilogue{0, bias + block.channel, g_.activation};
  if (b_constant_) {
    const auto index = packed_index_[static_cast<size_t>(range.matrix)];
    const PackedWeights& weights = packed_[static_cast<size_t>(index)];
    igemm_block(tiles_, block, segments_, weights.data() + block.weights, rows, epilogue);
    return;
  }
  const WeightView view =
      view_of(g_, b + (b_batched_ ? g_.batch_offset(range.matrix, g_.b_batch) : 0));
  for (const KSegment& segment : segments_) {
    pack_segment(tiles_, block, segment, view, panel);
    igemm_segment(tiles_, block, segment, &segment == &segments_.front(),
                  &segment == &segments_.back(), panel, rows, epilogue);
  }
}

void GemmIgemm::point_rows(const Range& range, const float* a, float* copies,
                           const float** table) const noexcept {
  for (int64_t i = 0; i < range.rows; ++i) {
    const int64_t row = range.row + i;
    const int64_t batch = b_batched_ ? range.matrix : row / g_.m;
    table[i] = a + g_.batch_offset(batch, g_.a_batch) + (b_batched_ ? row : row % g_.m) * g_.a_m;
  }
  if (!copy_a_) return;
  // 16 rows at a time: a transposed source has its rows adjacent, so they share cache lines
  for (int64_t i0 = 0; i0 < range.rows; i0 += 16) {
    const int64_t end = std::min(range.rows, i0 + 16);
    for (int64_t k = 0; k < g_.k; ++k)
      for (int64_t i = i0; i < end; ++i) copies[i * g_.k + k] = table[i][k * g_.a_k];
  }
  for (int64_t i = 0; i < range.rows; ++i) table[i] = copies + i * g_.k;
}

void GemmIgemm::point_outputs(const Range& range, float* base, const int64_t* batch_strides,
                              int64_t stride, float** table) const noexcept {
  for (int64_t i = 0; i < range.rows; ++i) {
    const int64_t row = range.row + i;
    const int64_t batch = b_batched_ ? range.matrix : row / g_.m;
    table[i] =
        base + g_.batch_offset(batch, batch_strides) + (b_batched_ ? row : row % g_.m) * stride;
  }
}

}  // namespace striate
