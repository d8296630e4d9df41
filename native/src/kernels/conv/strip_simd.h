// What strips of depthwise and of grouped convolution share: their beginning and end, their table.
#ifndef STRIATE_KERNELS_CONV_STRIP_SIMD_H
#define STRIATE_KERNELS_CONV_STRIP_SIMD_H

#include "kernels/conv/conv_strips.h"
#include "kernels/igemm/tile_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

// For start_tile and finish_tile: all of a sum at once, vectors from `channel` on.
STRIATE_INLINE IgemmTileArgs strip_ends(const StripArgs& a, int64_t channel, int tail) {
  IgemmTileArgs ends{};
  ends.bias = a.bias + channel;
  ends.dst = a.dst;
  ends.residual = a.residual;
  ends.channel = channel;
  ends.tail = tail;
  ends.first = ends.last = true;
  ends.activation = a.activation;
  return ends;
}

// The activations that finish_tile leaves.
template <int R>
STRIATE_INLINE void activate_strip(const StripArgs& a) {
  if (!is_in_registers(a.activation))
    for (int r = 0; r < R; ++r) activate(a.dst[r] + a.begin, a.end - a.begin, a.activation);
}

// Kernel::strip<KW, S, R> of 1 to R pixels.
template <class Kernel, int R>
constexpr void fill_strips(Strips& strips) {
  static_assert((R - 1) * 2 + 5 <= StripArgs::kMaxColumns);
  strips.strip[0][0][R - 1] = Kernel::template strip<3, 1, R>;
  strips.strip[0][1][R - 1] = Kernel::template strip<3, 2, R>;
  strips.strip[1][0][R - 1] = Kernel::template strip<5, 1, R>;
  strips.strip[1][1][R - 1] = Kernel::template strip<5, 2, R>;
  if constexpr (R > 1) fill_strips<Kernel, R - 1>(strips);
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_STRIP_SIMD_H
