// LRN across adjacent channels. Per pixel: squares into a zero-bordered line of scratch (L1), then
// per vector `size` unaligned loads and adds, two square roots and a division.
// Accumulation order: ascending channel, the border's zeros included, one accumulator; no result
//   depends on the tile. Squares are rounded once before they are added.
// Bound by the divider (AVX-512: about 40 cycles per vector), not by loads.
#ifndef STRIATE_KERNELS_LRN_LRN_SIMD_H
#define STRIATE_KERNELS_LRN_LRN_SIMD_H

#include "kernels/lrn/lrn.h"
#include "kernels/lrn/lrn_power_simd.h"
#include "kernels/strided/strided_simd.h"

namespace striate {
namespace STRIATE_ISA {

void lrn_channels(const LrnPlan& plan, const float* src, float* dst, int64_t first, int64_t last,
                  float* scratch) {
  constexpr int L = Vec::kLanes;
  const StridedLoop& loop = plan.pixels;
  const int64_t total = loop.lines * loop.lanes;
  int64_t pixel = first * plan.pixels_per_tile;
  const int64_t end = last * plan.pixels_per_tile < total ? last * plan.pixels_per_tile : total;
  const int64_t channels = plan.channels;
  float* const squares = scratch + plan.before;
  for (int64_t i = 0; i < plan.before; ++i) scratch[i] = 0;
  // the last vector of squares may be partial, and windows reach size - 1 further
  for (int64_t i = channels; i < channels + plan.size + L; ++i) squares[i] = 0;
  const Vec factor = Vec::set1(plan.factor), k = Vec::set1(plan.k);

  LineCursor<2> cursor;
  int64_t lane = pixel % loop.lanes;
  cursor.seek(loop, pixel / loop.lanes);
  for (; pixel < end; ++pixel) {
    const float* x = src + cursor.offset[1] + lane * loop.lane_stride[1];
    float* y = dst + cursor.offset[0] + lane * loop.lane_stride[0];
    for (int64_t c = 0; c < channels; c += L) {
      const int n = channels - c < L ? static_cast<int>(channels - c) : L;
      const Vec v = Vec::load(x + c, n);
      (v * v).store(squares + c, n);
    }
    for (int64_t c = 0; c < channels; c += L) {
      const int n = channels - c < L ? static_cast<int>(channels - c) : L;
      Vec sum = Vec::zero();
      for (int64_t j = 0; j < plan.size; ++j) sum = sum + Vec::load(scratch + c + j);
      divide_by_power(Vec::load(x + c, n), fma(sum, factor, k), plan.beta).store(y + c, n);
    }
    if (++lane == loop.lanes) {
      lane = 0;
      cursor.next(loop);
    }
  }
}

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_LRN_LRN_SIMD_H
