// ConvIgemm, create time: the order of output pixels where padding takes a share of the columns.
//
// A micro tile skips a tap only if all its pixels lack it. Row by row, most tiles of a small image
// hold pixels of a left or right edge beside inner ones, and only taps above and below the image
// are skipped. So the list takes the inner pixels first (their tiles fetch the weights to come, and
// need all taps for it), then the edges, ring by ring: a side of a ring, one of its corners
// included, lacks the same rows or columns of taps. Sides of several images follow each other, so
// that they fill whole tiles. The sums of a pixel do not depend on its place in the list.
#include <algorithm>
#include <map>
#include <utility>

#include "kernels/conv/conv_igemm.h"

namespace striate {
namespace {

constexpr double kLeastMissing = 0.01;    // of the taps of a row; below it is not worth the trouble
constexpr int64_t kMostStretches = 8192;  // 256 KB
constexpr int64_t kPixelsAtOnce = 1024;  // of several images: their edges come after all inner ones
constexpr int64_t kLeastGroup = 4;       // smaller ones share a tile with their neighbours

// Outputs of an axis that read the same taps.
struct Band {
  int64_t begin, end;
  int64_t first_tap, last_tap;  // [first, last)
};

std::vector<Band> bands(const ConvGeometry& g, int axis) {
  std::vector<Band> found;
  for (int64_t o = 0; o < g.out[axis]; ++o) {
    int64_t first = g.kernel[axis], last = 0;
    for (int64_t k = 0; k < g.kernel[axis]; ++k) {
      const int64_t in = o * g.stride[axis] + k * g.dilation[axis] - g.pad[axis];
      if (in < 0 || in >= g.in[axis]) continue;
      first = std::min(first, k);
      last = k + 1;
    }
    if (!found.empty() && found.back().first_tap == first && found.back().last_tap == last)
      ++found.back().end;
    else
      found.push_back({o, o + 1, first, last});
  }
  return found;
}

struct Rectangle {
  Band rows, columns;
};

// Ring of edges, counted from outside, and its side; the inner pixels are the first in this order.
using Side = std::pair<int64_t, int64_t>;

Side side_of(const ConvGeometry& g, const std::vector<Band>& rows, size_t r,
             const std::vector<Band>& columns, size_t c) {
  constexpr int64_t kNone = INT64_MAX;
  const auto from_begin = [](const Band& band, size_t i) {
    return band.first_tap > 0 ? static_cast<int64_t>(i) : kNone;
  };
  const auto from_end = [](const Band& band, size_t i, size_t count, int64_t taps) {
    return band.last_tap < taps ? static_cast<int64_t>(count - 1 - i) : kNone;
  };
  const int64_t top = from_begin(rows[r], r), left = from_begin(columns[c], c);
  const int64_t bottom = from_end(rows[r], r, rows.size(), g.kernel[1]);
  const int64_t right = from_end(columns[c], c, columns.size(), g.kernel[2]);
  const int64_t ring = std::min(std::min(top, bottom), std::min(left, right));
  if (ring == kNone) return {-1, 0};
  if (top == ring && right != ring) return {ring, 0};
  if (right == ring && bottom != ring) return {ring, 1};
  if (bottom == ring && left != ring) return {ring, 2};
  return {ring, 3};
}

// The most images whose edges are put together; divides n.
int64_t images_at_once(int64_t n, int64_t pixels) {
  int64_t images = 1;
  for (int64_t m = 2; m <= n && m * pixels <= kPixelsAtOnce; ++m)
    if (n % m == 0) images = m;
  return images;
}

}  // namespace

double ConvIgemm::missing_columns(const ConvGeometry& g) {
  int64_t read = 0;
  for (const Band& band : bands(g, 2))
    read += (band.end - band.begin) * std::max<int64_t>(0, band.last_tap - band.first_tap);
  return 1.0 - static_cast<double>(read) / static_cast<double>(g.out[2] * g.kernel[2]);
}

void ConvIgemm::plan_order(Phase& phase) {
  if (missing_columns(g_) < kLeastMissing) return;
  const std::vector<Band> rows = bands(g_, 1), columns = bands(g_, 2);
  std::map<Side, std::vector<Rectangle>> sides;
  int64_t stretches = 1;  // the end
  for (size_t r = 0; r < rows.size(); ++r)
    for (size_t c = 0; c < columns.size(); ++c) {
      sides[side_of(g_, rows, r, columns, c)].push_back({rows[r], columns[c]});
      stretches +=
          g_.n * (columns[c].end - columns[c].begin == 1 ? 1 : rows[r].end - rows[r].begin);
    }
  if (stretches > kMostStretches) return;
  const int64_t images = images_at_once(g_.n, g_.out[1] * g_.out[2]);
  int64_t pixel = 0;
  const auto end_group = [&](int64_t least, const int64_t* tap_offsets) {
    const int64_t begin = phase.groups.empty() ? 0 : phase.groups.back().end;
    if (pixel - begin > 0 && pixel - begin >= least) phase.groups.push_back({pixel, tap_offsets});
  };
  for (int64_t image = 0; image < g_.n; image += images)
    for (const auto& [side, rectangles] : sides) {
      const bool inside = side.first < 0;
      if (inside) end_group(0, nullptr);
      for (int64_t n = image; n < image + images; ++n)
        for (const auto& [row, column] : rectangles) {
          const int64_t height = row.end - row.begin, width = column.end - column.begin;
          const bool down = width == 1;
          for (int64_t h = row.begin; h < row.end; h += down ? height : 1) {
            phase.stretches.push_back({pixel, n, h, column.begin, down, inside});
            pixel += down ? height : width;
          }
        }
      end_group(inside ? 0 : kLeastGroup, inside ? phase.tap_offsets.data() : nullptr);
    }
  phase.stretches.push_back({pixel, 0, 0, 0, false, false});
  end_group(0, nullptr);
}

}  // namespace striate
