// The transforms of winograd.h on Vec, 16 (8, 4) channels at a time.
//
// Both are one-dimensional transforms along columns, then rows; what lies between rests in a buffer
// of a*a vectors in L1. F(4,3): 14 additions and products per 6 inputs, 13 per 4 outputs, so a tile
// costs 168 and 130 instructions per vector of channels, about as many as its loads and stores.
#ifndef STRIATE_KERNELS_WINOGRAD_WINOGRAD_SIMD_H
#define STRIATE_KERNELS_WINOGRAD_WINOGRAD_SIMD_H

#include "base/simd.h"
#include "kernels/winograd/winograd.h"

#define STRIATE_UNROLL _Pragma("GCC unroll 8")

namespace striate {
namespace STRIATE_ISA {
namespace {

// F(4,3): points 0, +-s, +-r, infinity with s = sqrt(1/2), r = sqrt(2).
struct F4 {
  static constexpr int kOutputs = 4, kPoints = 6;

  // B^T d
  static STRIATE_INLINE void input(const Vec d[6], Vec t[6]) {
    const Vec s = Vec::set1(0.70710678118654752f), r = Vec::set1(1.41421356237309505f);
    const Vec c = Vec::set1(-2.5f), two = Vec::set1(-2.0f), half = Vec::set1(-0.5f);
    t[0] = fma(c, d[2], d[0] + d[4]);
    const Vec even1 = fma(two, d[2], d[4]);
    const Vec odd1 = s * d[3] - r * d[1];
    t[1] = even1 + odd1;
    t[2] = even1 - odd1;
    const Vec even2 = fma(half, d[2], d[4]);
    const Vec odd2 = r * d[3] - s * d[1];
    t[3] = even2 + odd2;
    t[4] = even2 - odd2;
    t[5] = fma(c, d[3], d[1] + d[5]);
  }

  // A^T m
  static STRIATE_INLINE void output(const Vec m[6], Vec y[4]) {
    const Vec s = Vec::set1(0.70710678118654752f), r = Vec::set1(1.41421356237309505f);
    const Vec s3 = Vec::set1(0.35355339059327376f), r3 = Vec::set1(2.82842712474619010f);
    const Vec sum1 = m[1] + m[2], difference1 = m[1] - m[2];
    const Vec sum2 = m[3] + m[4], difference2 = m[3] - m[4];
    y[0] = m[0] + sum1 + sum2;
    y[1] = fma(s, difference1, r * difference2);
    y[2] = fma(Vec::set1(0.5f), sum1, Vec::set1(2.0f) * sum2);
    y[3] = fma(s3, difference1, fma(r3, difference2, m[5]));
  }
};

// F(2,3): points 0, +-1, infinity.
struct F2 {
  static constexpr int kOutputs = 2, kPoints = 4;

  static STRIATE_INLINE void input(const Vec d[4], Vec t[4]) {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[3] - d[1];
  }

  static STRIATE_INLINE void output(const Vec m[4], Vec y[2]) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] + m[3];
  }
};

template <class F>
void winograd_input(const WinogradInput& a) {
  constexpr int P = F::kPoints, L = Vec::kLanes;
  for (int64_t c = 0; c < a.channels; c += L) {
    const bool whole = c + L <= a.channels;
    const int tail = static_cast<int>(a.channels - c);
    Vec columns[P][P];  // B^T d
    for (int j = 0; j < P; ++j) {
      Vec d[P], t[P];
      STRIATE_UNROLL
      for (int i = 0; i < P; ++i) {
        const float* p = a.src[i * P + j] + c;
        d[i] = whole ? Vec::load(p) : Vec::load(p, tail);
      }
      F::input(d, t);
      STRIATE_UNROLL
      for (int i = 0; i < P; ++i) columns[i][j] = t[i];
    }
    float* dst = a.dst + c;
    for (int i = 0; i < P; ++i) {
      Vec t[P];
      F::input(columns[i], t);
      STRIATE_UNROLL
      for (int j = 0; j < P; ++j) {
        t[j].store(dst);
        dst += a.point_stride;
      }
    }
  }
}

template <class F>
void winograd_output(const WinogradOutput& a) {
  constexpr int P = F::kPoints, M = F::kOutputs, L = Vec::kLanes;
  const Vec zero = Vec::zero();
  const striate_activation kind = a.activation.kind;
  const Vec low = kind == STRIATE_ACT_RELU ? zero : Vec::set1(a.activation.alpha);
  const Vec high = Vec::set1(a.activation.beta);
  for (int64_t c = 0; c < a.channels; c += L) {
    const int lanes = a.channels - c < L ? static_cast<int>(a.channels - c) : L;
    Vec columns[M][P];  // A^T m
    const float* src = a.src + c;
    for (int j = 0; j < P; ++j) {
      Vec m[P], y[M];
      STRIATE_UNROLL
      for (int i = 0; i < P; ++i) m[i] = Vec::load(src + (i * P + j) * a.point_stride);
      F::output(m, y);
      STRIATE_UNROLL
      for (int i = 0; i < M; ++i) columns[i][j] = y[i];
    }
    const Vec bias = Vec::load(a.bias + c);
    for (int i = 0; i < a.rows; ++i) {
      Vec y[M];
      F::output(columns[i], y);
      float* dst = a.dst + i * a.dst_row + c;
      const float* residual = a.residual == nullptr ? nullptr : a.residual + i * a.residual_row + c;
      STRIATE_UNROLL
      for (int j = 0; j < M; ++j) {
        if (j >= a.columns) break;
        Vec v = y[j] + bias;
        if (residual != nullptr) v = v + Vec::load(residual + j * a.residual_column, lanes);
        v = v + zero;
        if (kind == STRIATE_ACT_RELU) v = max(zero, v);
        if (kind == STRIATE_ACT_CLIP) v = min(high, max(low, v));
        if (lanes == L)
          v.store(dst + j * a.dst_column);
        else
          v.store(dst + j * a.dst_column, lanes);
      }
    }
  }
  if (kind == STRIATE_ACT_NONE || kind == STRIATE_ACT_RELU || kind == STRIATE_ACT_CLIP) return;
  for (int i = 0; i < a.rows; ++i)
    for (int j = 0; j < a.columns; ++j)
      activate(a.dst + i * a.dst_row + j * a.dst_column, a.channels, a.activation);
}

}  // namespace

constinit const WinogradTransforms winograd2 = {winograd_input<F2>, winograd_output<F2>};
constinit const WinogradTransforms winograd4 = {winograd_input<F4>, winograd_output<F4>};

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_WINOGRAD_WINOGRAD_SIMD_H
