// ConvIgemm, run time: pointer tables and the loop over a tile range.
#include <string.h>

#include <algorithm>

#include "kernels/conv/conv_igemm.h"

namespace striate {

void ConvIgemm::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                    void* scratch) const noexcept {
  char* const base = static_cast<char*>(scratch);
  const float** const table = reinterpret_cast<const float**>(base);
  float** const dst_rows = reinterpret_cast<float**>(base + scratch_.dst);
  float** const residual_rows = reinterpret_cast<float**>(base + scratch_.residual);
  float* const copied = reinterpret_cast<float*>(base + scratch_.rows);
  const float* const x = static_cast<const float*>(src[0]);
  float* const y = static_cast<float*>(dst[0]);
  const float* const bias = bias_.at(src, base + scratch_.bias);
  // Residuals are only read: the row table just shares its type with dst's.
  float* const residual =
      g_.has_residual ? const_cast<float*>(static_cast<const float*>(src[g_.residual_index()]))
                      : nullptr;
  const int64_t dst_strides[4] = {g_.dst_n, g_.dst_s[0], g_.dst_s[1], g_.dst_s[2]};
  const int64_t residual_strides[4] = {g_.residual_n, g_.residual_s[0], g_.residual_s[1],
                                       g_.residual_s[2]};

  int64_t phase_start = 0;
  for (const Phase& phase : phases_) {
    const int64_t end = std::min(last, phase_start + phase.tiles);
    for (int64_t t = std::max(first, phase_start); t < end;) {
      const int64_t local = t - phase_start;
      const int64_t per_group = phase.blocks * blocks_;
      const int64_t outer = local / per_group, inner = local % per_group;
      int64_t m, b, b_end, taken, joined;  // pixel block, channel blocks, tiles, pixel blocks
      if (pixels_outer_) {
        m = inner / blocks_;
        b = inner % blocks_;
        joined = b > 0 ? 1
                       : std::clamp<int64_t>((end - t) / blocks_, 1,
                                             std::min(phase.blocks - m, max_pixels_ / phase.block));
        taken = std::min(end - t, joined * blocks_ - b);
        b_end = std::min(blocks_, b + taken);
      } else {
        b = inner / phase.blocks;
        m = inner % phase.blocks;
        b_end = b + 1;
        joined = std::min(std::min(end - t, phase.blocks - m), max_pixels_ / phase.block);
        taken = joined;
      }
      Range range;
      range.image = outer / g_.groups;
      range.group = outer % g_.groups;
      range.pixel = m * phase.block;
      range.pixels = std::min(phase.pixels - range.pixel, joined * phase.block);
      const bool inside = is_inside(phase, range);
      point_rows(phase, range, x, inside ? 1 : phase.taps.size(), table, copied);
      point_outputs(phase, range, y, dst_strides, linear_dst_, dst_rows);
      if (residual != nullptr)
        point_outputs(phase, range, residual, residual_strides, linear_residual_, residual_rows);
      const PackedWeights& weights = phase.weights[static_cast<size_t>(range.group)];
      IgemmRows rows{table,
                     inside ? 0 : range.pixels,
                     0,
                     dst_rows,
                     residual != nullptr ? residual_rows : nullptr,
                     range.pixels,
                     weights.finite() ? zeros_.data() : nullptr,
                     inside ? phase.tap_offsets.data() : nullptr,
                     phase.groups.empty() ? nullptr : phase.groups.data(),
                     range.pixel};
      rows.far = far_;
      for (; b < b_end; ++b) {
        const ChannelBlock& block = weights.blocks()[static_cast<size_t>(b)];
        rows.src_offset = depthwise_ ? block.channel : 0;
        igemm_block(
            tiles_, block, weights.segments(), weights.data() + block.weights, rows,
            {range.group * g_.oc, bias + range.group * padded_ + block.channel, g_.activation});
        if (pixels_outer_) rows.far = false;  // read now
      }
      t += taken;
    }
    phase_start += phase.tiles;
  }
}

// The first `channels` of `pixels` pixels, which lie `step` floats apart, side by side. Blocks have
// a constant size: a loop of 16 bytes a turn took a third of the time of stride-2 layers with
// groups of 16 channels (Zen 5, 18 groups, 28x28 to 14x14: 140 -> 119 us; 8 groups, 56x56: 250 ->
// 217).
static void copy_pixels(const float* in, int64_t step, float* out, int64_t channels,
                        int64_t pixels) noexcept {
  constexpr int64_t kLong = 16, kShort = 4;
  for (int64_t w = 0; w < pixels; ++w, in += step, out += channels) {
    int64_t c = 0;
    for (; c + kLong <= channels; c += kLong) memcpy(out + c, in + c, kLong * sizeof(float));
    for (; c + kShort <= channels; c += kShort) memcpy(out + c, in + c, kShort * sizeof(float));
    for (; c < channels; ++c) out[c] = in[c];
  }
}

// Copies the source rows that the range needs, padding columns included, and returns where row 0 of
// x would lie. Rows outside x are not copied: their taps point to zeros.
const float* ConvIgemm::copy_rows(const Phase& phase, const Range& range, const float* src,
                                  float* rows) const noexcept {
  const int64_t width = phase.count[3];
  const int64_t top = range.pixel / width, bottom = (range.pixel + range.pixels - 1) / width;
  const int64_t begin = std::max<int64_t>(0, top * g_.stride[1] - g_.pad[1]);
  const int64_t end = std::min(
      g_.in[1], bottom * g_.stride[1] - g_.pad[1] + (g_.kernel[1] - 1) * g_.dilation[1] + 1);
  const int64_t left = std::min(columns_, g_.pad[2]);
  const int64_t valid = std::max<int64_t>(0, std::min(g_.in[2], columns_ - g_.pad[2]));
  const bool dense = g_.src_c == 1 && g_.src_s[2] == g_.ic && repeat_ == 1;
  float* out = rows;
  for (int64_t h = begin; h < end; ++h) {
    const float* in =
        src + range.image * g_.src_n + range.group * g_.ic * g_.src_c + h * g_.src_s[1];
    memset(out, 0, static_cast<size_t>(left * row_ * 4));
    out += left * row_;
    if (dense) {
      memcpy(out, in, static_cast<size_t>(valid * row_ * 4));
    } else if (g_.src_c == 1 && repeat_ == 1) {
      copy_pixels(in, g_.src_s[2], out, row_, valid);
    } else {
      for (int64_t c = 0; c < g_.ic; ++c)
        for (int64_t w = 0; w < valid; ++w)
          for (int64_t i = 0; i < repeat_; ++i)
            out[w * row_ + c * repeat_ + i] = in[c * g_.src_c + w * g_.src_s[2]];
    }
    out += valid * row_;
    const int64_t right = columns_ - left - valid;
    memset(out, 0, static_cast<size_t>(right * row_ * 4));
    out += right * row_;
  }
  return rows - begin * columns_ * row_;
}

// Pixel number -> coordinates, once per range; `next` goes on without a division, to the next row
// or stretch.
struct ConvIgemm::Position {
  Position(const Phase& phase, const Range& range) : count(phase.count) {
    if (!phase.stretches.empty()) {
      stretch = &*std::prev(
          std::upper_bound(phase.stretches.begin(), phase.stretches.end(), range.pixel,
                           [](int64_t pixel, const Stretch& s) { return pixel < s.pixel; }));
      take_stretch(range.pixel - stretch->pixel);
      return;
    }
    int64_t rest = range.pixel;
    w = rest % count[3];
    rest /= count[3];
    h = rest % count[2];
    rest /= count[2];
    d = rest % count[1];
    n = rest / count[1];
    length = count[3] - w;
  }
  void next() {
    if (stretch != nullptr) {
      ++stretch;
      take_stretch(0);
      return;
    }
    w = 0;
    length = count[3];
    if (++h < count[2]) return;
    h = 0;
    if (++d < count[1]) return;
    d = 0;
    ++n;
  }
  void take_stretch(int64_t done) {
    n = stretch->n;
    d = 0;
    h = stretch->h + (stretch->down ? done : 0);
    w = stretch->w + (stretch->down ? 0 : done);
    down = stretch->down;
    inside = stretch->inside;
    length = stretch[1].pixel - stretch->pixel - done;
  }
  const int64_t* count;
  const Stretch* stretch = nullptr;
  int64_t n, d, h, w, length;
  bool down = false, inside = false;
};

// table[i] = first + i * step, by additions: a product of 64 bits per pointer costs more.
template <class Float>
static void point_steps(Float* first, int64_t step, int64_t count, Float** table) {
  for (int64_t i = 0; i < count; ++i, first += step) table[i] = first;
}

bool ConvIgemm::is_inside(const Phase& phase, const Range& range) const noexcept {
  if (phase.inside || !phase.columns_inside || source_ != Source::kCopied) return phase.inside;
  const int64_t width = phase.count[3];  // copied: the range lies in one image without depth
  const int64_t top = range.pixel / width, bottom = (range.pixel + range.pixels - 1) / width;
  return top * phase.step[1] + phase.first_row >= 0 &&
         bottom * phase.step[1] + phase.last_row < g_.in[1];
}

void ConvIgemm::point_rows(const Phase& phase, const Range& range, const float* src, size_t taps,
                           const float** table, float* rows) const noexcept {
  const float* const zero = zeros_.data();
  const float* const base = source_ == Source::kCopied ? copy_rows(phase, range, src, rows)
                                                       : src + range.group * g_.ic * g_.src_c;
  const int64_t along = phase.step[2] * column_stride_, down = phase.step[1] * row_stride_;
  if (linear_src_) {
    point_steps(base + range.pixel * along, along, range.pixels, table);
    return;
  }
  const Position start(phase, range);
  for (size_t t = 0; t < taps; ++t) {
    const Tap& tap = phase.taps[t];
    Position at = start;
    for (int64_t left = range.pixels; left > 0;) {
      const int64_t width = std::min(left, at.length);
      const int64_t in_d = at.d * phase.step[0] + tap.offset[0];
      const int64_t in_h = at.h * phase.step[1] + tap.offset[1];
      int64_t i = at.inside && t > 0 ? width : 0;  // such taps are steps from the first
      if (i < width && in_d >= 0 && in_d < g_.in[0] && in_h >= 0 && in_h < g_.in[1]) {
        int64_t begin = std::clamp<int64_t>(tap.valid_begin - at.w, 0, width);
        int64_t end = std::clamp<int64_t>(tap.valid_end - at.w, begin, width);
        if (at.down) {  // all pixels as the first
          end = begin == 0 && end > 0 ? width : 0;
          begin = 0;
        }
        const int64_t step = at.down ? down : along;
        const float* p = base + at.n * g_.src_n + in_d * g_.src_s[0] + in_h * row_stride_ +
                         (at.w * phase.step[2] + tap.column) * column_stride_;
        for (; i < begin; ++i) table[i] = zero;
        point_steps(p + i * step, step, end - i, table + i);
        i = end;
      }
      for (; i < width; ++i) table[i] = zero;
      table += width;
      left -= width;
      if (left > 0) at.next();
    }
  }
}

void ConvIgemm::point_outputs(const Phase& phase, const Range& range, float* base,
                              const int64_t strides[4], bool linear, float** table) const noexcept {
  const int64_t along = phase.spacing[2] * strides[3], down = phase.spacing[1] * strides[2];
  if (linear && phase.stretches.empty()) {
    float* const p = base + range.image * strides[0] + range.pixel * along;
    point_steps(p, along, range.pixels, table);
    return;
  }
  Position at(phase, range);
  for (int64_t left = range.pixels; left > 0;) {
    const int64_t width = std::min(left, at.length);
    float* const p = base + (range.image + at.n) * strides[0] +
                     (phase.origin[0] + at.d * phase.spacing[0]) * strides[1] +
                     (phase.origin[1] + at.h * phase.spacing[1]) * strides[2] +
                     (phase.origin[2] + at.w * phase.spacing[2]) * strides[3];
    point_steps(p, at.down ? down : along, width, table);
    table += width;
    left -= width;
    if (left > 0) at.next();
  }
}

}  // namespace striate
