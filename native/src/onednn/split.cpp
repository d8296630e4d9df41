#include "onednn/split.h"

#include <string.h>

#include <algorithm>

#include "base/checked.h"

namespace striate::onednn {
namespace {

// The work of a tile: large against the microsecond that a call of oneDNN costs, small enough for
// threads to share a step.
constexpr int64_t kLeastElements = 32 << 10;
constexpr double kLeastPoolTaps = 2e6;
constexpr double kLeastMacs = 4e6;
constexpr int64_t kMostChunks = 2;  // of an image: each costs a per cent or two
// Pixels of a tile, so that weights are worth loading once more, and channels of one.
constexpr int64_t kLeastPixels = 49;
constexpr int64_t kLeastChannels = 64;
// A chunk of matrix columns: weights worth a call, and not so many that they leave the L2 cache.
constexpr int64_t kLeastWeights = 256 << 10;
constexpr int64_t kMostColumns = 256;
constexpr int64_t kMostColumnChunks = 64;

// Operands whose dimensions are those of dst, or 1: a bit for each.
using Followers = uint32_t;

// The index of the residual, or 0 where there is none.
int residual_of(const striate_epilogue& e) {
  return e.has_residual != 0 ? 2 + (e.has_bias != 0) : 0;
}

Followers mask_of(int operand) { return operand != 0 ? 1u << operand : 0; }

// Tiles begin at `step` indices of dimension `dim` from each other.
void repeat(Piece* piece, Followers followers, int dim, int64_t count, int64_t step) {
  if (count == 1) return;
  Loop loop{count, {}, step * stride_or(piece->dst, dim, 0)};
  for (int i = 0; i < piece->whole.src_count; ++i)
    if (followers >> i & 1) loop.src[i] = step * stride_or(piece->src[i], dim, 0);
  piece->loops.push_back(loop);
}

void cut(Tensor* t, int64_t* at, int dim, int64_t from, int64_t count) {
  if (t->dims[dim] == 1) return;
  *at += from * t->strides[dim];
  t->dims[dim] = count;
}

// The same where the operand may be constant: packing starts at element 0 of the part.
void cut_constant(Piece* piece, int operand, int dim, int64_t from, int64_t count) {
  int64_t at = 0;
  cut(&piece->src[operand], &at, dim, from, count);
  piece->src_at[operand] += at;
  if (piece->constants[operand] != nullptr)
    piece->constants[operand] = static_cast<const float*>(piece->constants[operand]) + at;
}

void cut(Piece* piece, Followers followers, int dim, int64_t from, int64_t count) {
  cut(&piece->dst, &piece->dst_at, dim, from, count);
  for (int i = 0; i < piece->whole.src_count; ++i)
    if (followers >> i & 1) cut(&piece->src[i], &piece->src_at[i], dim, from, count);
}

// A tile for every index of `dim`.
void each(Piece* piece, Followers followers, int dim) {
  const int64_t count = std::max(piece->dst.dims[dim], piece->src[0].dims[dim]);
  repeat(piece, followers, dim, count, 1);
  cut(piece, followers, dim, 0, 1);
}

// Cuts the slowest dimensions of `order` until tiles are small enough. A bit of `whole` is a
// dimension that must stay in one piece; so do the faster ones.
std::vector<Piece> split_slowest(Piece piece, Followers followers, const Order& order,
                                 uint32_t whole) {
  const Tensor& lead =
      element_count(piece.dst) >= element_count(piece.src[0]) ? piece.dst : piece.src[0];
  int64_t inner = element_count(lead);
  for (int i = order.rank - 1; i >= 0 && inner > kLeastElements; --i) {
    const int d = order.dim[i];
    const int64_t n = lead.dims[d];
    if (n == 1) continue;
    if (whole >> d & 1) break;
    inner /= n;
    if (inner >= kLeastElements) {
      each(&piece, followers, d);
      continue;
    }
    const int64_t size = std::min(n, ceil_div(kLeastElements, inner)), rest = n % size;
    Piece last = piece;
    repeat(&piece, followers, d, n / size, size);
    cut(&piece, followers, d, 0, size);
    if (rest == 0) return {piece};
    cut(&last, followers, d, n - rest, rest);
    return {piece, last};
  }
  return {piece};
}

int64_t column_chunk(int64_t k, int64_t n) {
  const int64_t columns = std::max(std::min(round_up(ceil_div(kLeastWeights, k), 64), kMostColumns),
                                   round_up(ceil_div(n, kMostColumnChunks), 64));
  return round_up(ceil_div(n, ceil_div(n, columns)), 16);
}

// ------------------------------------------------------------------------------- rows of an image

int64_t pixels_of(const Piece& piece) {
  int64_t pixels = 1;
  for (int d = 2; d < piece.dst.rank; ++d) pixels *= piece.dst.dims[d];
  return pixels;
}

double macs_of(const Piece& piece) {
  const int64_t products = element_count(piece.src[1]) / piece.src[1].dims[0];
  return static_cast<double>(pixels_of(piece) * piece.dst.dims[1]) * static_cast<double>(products);
}

int64_t row_chunks(const Piece& piece) {
  const int64_t rows = piece.dst.dims[2], pixels = pixels_of(piece);
  if (piece.whole.op == STRIATE_OP_POOL) {
    const auto p = piece.params_as<striate_pool_params>();
    double taps = static_cast<double>(pixels * piece.dst.dims[1]);
    for (int i = 0; i < p.spatial_rank; ++i) taps *= static_cast<double>(p.kernel[i]);
    return std::min<int64_t>({static_cast<int64_t>(taps / kLeastPoolTaps), rows, kMostChunks});
  }
  int64_t chunks = 1;  // a power of two: such counts divide among threads
  while (2 * chunks <= std::min(kMostChunks, rows) && pixels / (2 * chunks) >= kLeastPixels &&
         macs_of(piece) / static_cast<double>(2 * chunks) >= kLeastMacs)
    chunks *= 2;
  return chunks;
}

// Params of a convolution or a pooling.
template <class Params>
std::vector<Piece> split_rows(const Piece& piece, Followers followers) {
  const int64_t chunks = row_chunks(piece);
  bool plain = chunks > 1 && is_channels_last(piece.src[0]) && is_channels_last(piece.dst);
  for (int i = 1; i < piece.whole.src_count; ++i)
    if (followers >> i & 1) plain = plain && is_channels_last(piece.src[i]);
  if (!plain) return {piece};
  const auto p = piece.params_as<Params>();
  const int64_t reach = p.dilation[0] * (p.kernel[0] - 1) + 1;
  const int64_t in = piece.src[0].dims[2], out = piece.dst.dims[2];
  std::vector<Piece> pieces;
  int64_t row = 0, last_from = 0;
  for (int64_t c = 0; c < chunks; ++c) {
    const int64_t rows = out / chunks + (c < out % chunks ? 1 : 0);
    const int64_t from = row * p.stride[0] - p.pad_begin[0];
    const int64_t to = from + (rows - 1) * p.stride[0] + reach;
    Params part = p;
    part.pad_begin[0] = std::max<int64_t>(0, -from);
    part.pad_end[0] = std::min(std::max<int64_t>(0, to - in), p.pad_end[0]);
    const int64_t low = std::max<int64_t>(0, from), high = std::min(in, to);
    if (high <= low) return {piece};  // windows of padding only: no smaller request
    Piece next = piece;
    memcpy(next.params, &part, sizeof part);
    cut(&next, followers & ~1u, 2, row, rows);
    cut(&next.src[0], &next.src_at[0], 2, low, high - low);
    Piece* before = pieces.empty() ? nullptr : &pieces.back();
    const auto last = before != nullptr ? before->params_as<Params>() : p;
    if (before != nullptr && last.pad_begin[0] == part.pad_begin[0] &&
        last.pad_end[0] == part.pad_end[0] && same_dims(before->src[0], next.src[0]) &&
        same_dims(before->dst, next.dst) && from - last_from == rows * p.stride[0]) {
      if (before->loops.size() == piece.loops.size()) {
        Loop loop{1, {}, next.dst_at - before->dst_at};
        for (int i = 0; i < kMaxSrc; ++i) loop.src[i] = next.src_at[i] - before->src_at[i];
        before->loops.push_back(loop);
      }
      ++before->loops.back().count;
    } else {
      pieces.push_back(next);
    }
    row += rows;
    last_from = from;
  }
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    return a.tiles() * a.dst.dims[2] > b.tiles() * b.dst.dims[2];
  });
  return pieces;
}

// Parts of the output channels, where an image has too few rows to part: each thread then loads
// weights of its own. Packed apart, so that oneDNN sees small convolutions.
std::vector<Piece> split_channels(const Piece& piece, Followers followers) {
  const auto p = piece.params_as<striate_conv_params>();
  const int64_t channels = piece.dst.dims[1];
  const int64_t chunks = std::min<int64_t>(
      {channels / kLeastChannels, kMostChunks, static_cast<int64_t>(macs_of(piece) / kLeastMacs)});
  bool plain = chunks > 1 && p.groups == 1 && is_channels_last(piece.dst);
  for (int i = 1; i < piece.whole.src_count; ++i)
    if (followers >> i & 1) plain = plain && is_channels_last(piece.src[i]);
  if (!plain) return {piece};
  // A strided 1x1 is a matrix product for each row, which passes the weights each time.
  const bool rows = p.kernel[0] == 1 && p.stride[0] > 1;
  const int64_t size = rows ? column_chunk(piece.src[1].dims[1], channels)
                            : round_up(ceil_div(channels, chunks), 64);
  std::vector<Piece> pieces;
  for (int64_t from = 0; from < channels; from += size) {
    const int64_t count = std::min(size, channels - from);
    Piece next = piece;
    cut(&next, followers & ~1u, 1, from, count);
    cut_constant(&next, 1, 0, from, count);
    if (p.epilogue.has_bias != 0) cut_constant(&next, 2, 0, from, count);
    pieces.push_back(next);
  }
  return pieces;
}

// -------------------------------------------------------------------------------- matrix products

// [rows, columns] of the last two dimensions.
Tensor matrix_of(const Tensor& t) {
  return Tensor{t.dtype,
                2,
                {t.dims[t.rank - 2], t.dims[t.rank - 1]},
                {t.strides[t.rank - 2], t.strides[t.rank - 1]}};
}

std::vector<Piece> split_gemm(Piece piece) {
  const auto p = piece.params_as<striate_gemm_params>();
  const int residual = residual_of(p.epilogue);
  const int rank = piece.dst.rank;
  const Followers matrices = 3u | mask_of(residual);
  for (int i = 0; i < piece.whole.src_count; ++i)
    if (matrices >> i & 1) piece.src[i] = with_rank(piece.src[i], rank);
  for (int d = 0; d < rank - 2; ++d) {
    if (piece.src[1].dims[d] > 1) piece.constants[1] = nullptr;
    each(&piece, matrices, d);
  }
  for (int i = 0; i < piece.whole.src_count; ++i)
    if (matrices >> i & 1) piece.src[i] = matrix_of(piece.src[i]);
  piece.dst = matrix_of(piece.dst);

  const int a_row = p.trans_a != 0 ? 1 : 0, b_column = p.trans_b != 0 ? 0 : 1;
  const int64_t m = piece.dst.dims[0], n = piece.dst.dims[1], k = piece.src[0].dims[1 - a_row];
  const int64_t block = gemm_rows(piece.constants[1] != nullptr), size = column_chunk(k, n);
  std::vector<Piece> pieces;
  for (int64_t column = 0; column < n; column += size) {
    const int64_t columns = std::min(size, n - column);
    Piece chunk = piece;
    cut_constant(&chunk, 1, b_column, column, columns);
    if (p.epilogue.has_bias != 0) cut_constant(&chunk, 2, 0, column, columns);
    cut(&chunk.dst, &chunk.dst_at, 1, column, columns);
    if (residual != 0) cut(&chunk.src[residual], &chunk.src_at[residual], 1, column, columns);
    const auto rows = [&](int64_t from, int64_t count, int64_t height) {
      Piece part = chunk;
      Loop loop{count, {}, height * stride_or(part.dst, 0, 0)};
      loop.src[0] = height * stride_or(part.src[0], a_row, 0);
      if (residual != 0) loop.src[residual] = height * stride_or(part.src[residual], 0, 0);
      if (count > 1) part.loops.push_back(loop);
      cut(&part.src[0], &part.src_at[0], a_row, from, height);
      cut(&part.dst, &part.dst_at, 0, from, height);
      if (residual != 0) cut(&part.src[residual], &part.src_at[residual], 0, from, height);
      pieces.push_back(part);
    };
    if (m >= block) rows(0, m / block, block);
    if (m % block != 0) rows(m - m % block, 1, m % block);
  }
  return pieces;
}

}  // namespace

Piece::Piece(const striate_kernel_request& raw)
    : whole(raw), src(), constants(), dst(raw.dst[0]), params(), src_at(), dst_at(0) {
  for (int i = 0; i < raw.src_count; ++i) {
    src[i] = raw.src[i];
    constants[i] = raw.constants != nullptr ? raw.constants[i] : nullptr;
  }
  if (raw.params != nullptr) memcpy(params, raw.params, static_cast<size_t>(raw.params_bytes));
}

striate_kernel_request Piece::request() const {
  striate_kernel_request result = whole;
  if (whole.params != nullptr) result.params = params;
  result.src = src;
  result.constants = constants;
  result.dst = &dst;
  return result;
}

int64_t Piece::tiles() const {
  int64_t product = 1;
  for (const Loop& loop : loops) product *= loop.count;
  return product;
}

std::vector<Piece> split(const striate_kernel_request& whole) {
  Piece piece(whole);
  Followers followers = 1;
  if (whole.op == STRIATE_OP_CONV || whole.op == STRIATE_OP_CONV_TRANSPOSE)
    followers |= mask_of(residual_of(piece.params_as<striate_conv_params>().epilogue));
  if (whole.op == STRIATE_OP_GEMM)
    followers |= mask_of(residual_of(piece.params_as<striate_gemm_params>().epilogue));
  if (whole.op == STRIATE_OP_BINARY || whole.op == STRIATE_OP_PRELU)
    for (int i = 1; i < whole.src_count; ++i) followers |= mask_of(i);
  for (int i = 0; i < whole.src_count; ++i)
    if (followers >> i & 1) piece.constants[i] = nullptr;

  const Order order = order_of(whole.op == STRIATE_OP_REDUCE ? piece.src[0] : piece.dst);
  switch (whole.op) {
    case STRIATE_OP_GEMM:
      return split_gemm(piece);
    case STRIATE_OP_CONV:
      each(&piece, followers, 0);
      return row_chunks(piece) > 1 ? split_rows<striate_conv_params>(piece, followers)
                                   : split_channels(piece, followers);
    case STRIATE_OP_POOL:
      each(&piece, followers, 0);
      return split_rows<striate_pool_params>(piece, followers);
    case STRIATE_OP_CONV_TRANSPOSE:
    case STRIATE_OP_RESIZE:
      each(&piece, followers, 0);
      return {piece};
    case STRIATE_OP_PAD: {
      const auto p = piece.params_as<striate_pad_params>();
      if (p.begin[0] == 0 && piece.src[0].dims[0] == piece.dst.dims[0]) each(&piece, followers, 0);
      return {piece};
    }
    case STRIATE_OP_LRN: {
      const auto p = piece.params_as<striate_lrn_params>();
      each(&piece, followers, 0);
      if (p.within != 0) return {piece};
      return split_slowest(piece, followers, order, 1u << 1);
    }
    case STRIATE_OP_BATCH_NORM:
      return split_slowest(piece, followers, order, 1u << 1);
    case STRIATE_OP_SOFTMAX: {
      const auto p = piece.params_as<striate_softmax_params>();
      return split_slowest(piece, followers, order, 1u << p.axis);
    }
    case STRIATE_OP_REDUCE: {
      const auto p = piece.params_as<striate_reduce_params>();
      return split_slowest(piece, followers, order, p.axes_mask);
    }
    default:
      return split_slowest(piece, followers, order, 0);
  }
}

}  // namespace striate::onednn
