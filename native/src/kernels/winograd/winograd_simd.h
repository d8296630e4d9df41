// The transforms of winograd.h on Vec, 16 (8, 4) channels at a time.
//
// Input, two-dimensional: for point 0, each pair of points and infinity along h, the rows of B_h d
// that belong to it are formed from loads (a pair shares all of them) and stay in registers, at
// most 2*NW vectors; the transform along w then goes straight to memory. Loads are repeated, 84
// instead of 36 with 6x6 points, but nothing is stored in between: stores of 64 bytes take two
// cycles on Zen 4, loads one. Output: one transform along h per column leaves MH*NW vectors (24 of
// F(4x4,3x3): in registers with AVX-512), then one along w per row.
// Of stride 2, F(4x4,3x3) has 9x9 points: the output's first pass leaves 36 vectors, some on the
// stack. Instructions of the one-dimensional transforms, n = 6: 14 per 6 inputs, 13 per 4 outputs.
// Memory: the new pixels of the next tile and where its outputs go are prefetched, since a tile's
// rows lie too far apart for the hardware to do so (inputs of 224x224: 650 -> 300 cycles per tile
// and vector, Zen 4).
// Weights: winograd_weights_simd.h.
// Expected, AVX-512, 6x6 points: inputs in L2 220-260 cycles per tile and vector (Zen 4).
#ifndef STRIATE_KERNELS_WINOGRAD_WINOGRAD_SIMD_H
#define STRIATE_KERNELS_WINOGRAD_WINOGRAD_SIMD_H

#include "base/simd.h"
#include "kernels/pool/pool_2x2_simd.h"
#include "kernels/winograd/winograd.h"
#include "kernels/winograd/winograd_matrices.h"
#include "kernels/winograd/winograd_weights_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

// The one-dimensional transforms of n points: B does not depend on how they are split into M and R.
template <int N>
struct Inputs {
  static constexpr WinogradMatrices<N, 1> kMatrices = winograd_matrices<N, 1>();
  // Groups of rows: 0 where N is even, pairs, infinity.
  static constexpr int kFirst = winograd_first_pair(N), kGroups = N == 1 ? 1 : (N + kFirst + 1) / 2;

  // Sum of b[row][k] * d(k), k from `From` down in steps of 2, without zeros.
  template <int kRow, int kFrom, class Load>
  static STRIATE_INLINE Vec half(const Load& d) {
    Vec sum = Vec::zero();
    bool empty = true;
    STRIATE_UNROLL
    for (int k = kFrom; k >= 0; k -= 2) {
      const float c = static_cast<float>(kMatrices.b[kRow][k]);
      if (c == 0) continue;
      if (empty)
        sum = c == 1 ? d(k) : Vec::set1(c) * d(k);
      else
        sum = c == 1 ? sum + d(k) : c == -1 ? sum - d(k) : fma(Vec::set1(c), d(k), sum);
      empty = false;
    }
    return sum;
  }

  static constexpr bool is_pair(int group) { return group >= kFirst && group < kGroups - 1; }
  static constexpr int first_row(int group) { return group < kFirst ? 0 : 2 * group - kFirst; }

  // The rows of B d that belong to a group: one, or `t` and `u` of a pair.
  template <int kGroup, class Load>
  static STRIATE_INLINE void group(const Load& d, Vec& t, Vec& u) {
    constexpr int row = first_row(kGroup);
    if constexpr (N == 1) {
      t = d(0);
    } else if constexpr (is_pair(kGroup)) {  // degree n-2, which is even
      const Vec even = half<row, N - 2>(d), odd = half<row, N - 3>(d);
      t = even + odd;
      u = even - odd;
    } else {  // one of both parities only
      t = half < row, kGroup == 0 ? N - 2 : N - 1 > (d);
    }
  }
};

// The same of an axis of stride 2: those of F(M,2) of the even inputs, then the odd inputs.
template <int M>
struct StridedInputs {
  using Even = Inputs<M + 1>;
  static constexpr int kGroups = Even::kGroups + M;

  static constexpr bool is_pair(int group) { return group < Even::kGroups && Even::is_pair(group); }
  static constexpr int first_row(int group) {
    return group < Even::kGroups ? Even::first_row(group) : M + 1 + group - Even::kGroups;
  }

  template <int kGroup, class Load>
  static STRIATE_INLINE void group(const Load& d, Vec& t, Vec& u) {
    if constexpr (kGroup < Even::kGroups)
      Even::template group<kGroup>([&](int i) STRIATE_INLINE_LAMBDA { return d(2 * i); }, t, u);
    else
      t = d(2 * (kGroup - Even::kGroups) + 1);
  }
};

// B d into memory, `stride` apart.
template <class Axis, int kGroup = 0, class Load>
STRIATE_INLINE void input_line(const Load& d, float* dst, int64_t stride) {
  Vec t = Vec::zero(), u = t;
  Axis::template group<kGroup>(d, t, u);
  float* const to = dst + Axis::first_row(kGroup) * stride;
  t.store(to);
  if constexpr (Axis::is_pair(kGroup)) u.store(to + stride);
  if constexpr (kGroup + 1 < Axis::kGroups) input_line<Axis, kGroup + 1>(d, dst, stride);
}

// The one-dimensional transform A m of F(M,R).
template <int M, int R>
struct Outputs {
  static constexpr int kPoints = M + R - 1;
  static constexpr int kFirst = winograd_first_pair(kPoints), kPairs = (kPoints - 1) / 2;
  static constexpr WinogradMatrices<M, R> kMatrices = winograd_matrices<M, R>();

  template <int i>
  static STRIATE_INLINE void rows(const Vec* m, const Vec* sum, const Vec* difference, Vec* y) {
    constexpr bool zero = i == 0 && kFirst == 1, infinity = i == M - 1;
    Vec v = zero ? m[0] : infinity ? m[kPoints - 1] : Vec::zero();
    bool empty = !zero && !infinity;
    STRIATE_UNROLL
    for (int pair = 0; pair < kPairs; ++pair) {
      const float c = static_cast<float>(kMatrices.a[i][kFirst + 2 * pair]);
      const Vec x = i % 2 == 0 ? sum[pair] : difference[pair];
      if (c == 1)
        v = empty ? x : v + x;
      else
        v = empty ? Vec::set1(c) * x : fma(Vec::set1(c), x, v);
      empty = false;
    }
    y[i] = v;
    if constexpr (i + 1 < M) rows<i + 1>(m, sum, difference, y);
  }

  static STRIATE_INLINE void all(const Vec (&m)[kPoints], Vec (&y)[M]) {
    if constexpr (kPoints == 1) {
      y[0] = m[0];
    } else {
      Vec sum[kPairs], difference[kPairs];
      STRIATE_UNROLL
      for (int pair = 0; pair < kPairs; ++pair) {
        const Vec plus = m[kFirst + 2 * pair], minus = m[kFirst + 2 * pair + 1];
        sum[pair] = plus + minus;
        difference[pair] = plus - minus;
      }
      rows<0>(m, sum, difference, y);
    }
  }
};

// The one-dimensional transform A m of stride 2.
template <int M>
struct StridedOutputs {
  static constexpr int kPoints = 2 * M + 1;

  static STRIATE_INLINE void all(const Vec (&m)[kPoints], Vec (&y)[M]) {
    Vec even[M + 1];
    STRIATE_UNROLL
    for (int i = 0; i <= M; ++i) even[i] = m[i];
    Outputs<M, 2>::all(even, y);
    STRIATE_UNROLL
    for (int i = 0; i < M; ++i) y[i] = y[i] + m[M + 1 + i];
  }
};

// An axis with M outputs of R taps and stride S: its transforms, inputs, and inputs from one tile
// to the next.
template <int M, int R, int S>
struct Axis {
  using In = Inputs<M + R - 1>;
  using Out = Outputs<M, R>;
  static constexpr int kOutputs = M, kInputs = M + R - 1, kStep = M;
};

template <int M>
struct Axis<M, 3, 2> {
  using In = StridedInputs<M>;
  using Out = StridedOutputs<M>;
  static constexpr int kOutputs = M, kInputs = 2 * M + 1, kStep = 2 * M;
};

template <class H, class W, int kGroup, class Load>
STRIATE_INLINE void input_rows(const Load& pixel, float* dst, int64_t stride) {
  constexpr int NW = W::kInputs;
  Vec t[NW], u[NW];
  STRIATE_UNROLL
  for (int j = 0; j < NW; ++j)
    H::In::template group<kGroup>([&](int i) STRIATE_INLINE_LAMBDA { return pixel(i * NW + j); },
                                  t[j], u[j]);
  float* const to = dst + H::In::first_row(kGroup) * NW * stride;
  input_line<typename W::In>([&](int j) STRIATE_INLINE_LAMBDA { return t[j]; }, to, stride);
  if constexpr (H::In::is_pair(kGroup))
    input_line<typename W::In>([&](int j) STRIATE_INLINE_LAMBDA { return u[j]; }, to + NW * stride,
                               stride);
  if constexpr (kGroup + 1 < H::In::kGroups) input_rows<H, W, kGroup + 1>(pixel, dst, stride);
}

template <class H, class W>
void winograd_input(const WinogradInput& a) {
  constexpr int L = Vec::kLanes, NH = H::kInputs, NW = W::kInputs;
  const float* const* const src = a.src;
  int64_t c = 0;
  for (; c + L <= a.channels; c += L) {
    STRIATE_UNROLL
    for (int i = 0; i < NH; ++i) {
      STRIATE_UNROLL
      for (int j = NW - W::kStep; j < NW; ++j) prefetch(a.next[i * NW + j] + c);
    }
    input_rows<H, W, 0>([&](int p) STRIATE_INLINE_LAMBDA { return Vec::load(src[p] + c); },
                        a.dst + c, a.point_stride);
  }
  const int tail = static_cast<int>(a.channels - c);
  if (tail > 0)
    input_rows<H, W, 0>([&](int p) STRIATE_INLINE_LAMBDA { return Vec::load(src[p] + c, tail); },
                        a.dst + c, a.point_stride);
}

// All outputs of a tile, or where kPooled what is made of its squares.
template <class H, class W, bool kPooled>
void winograd_output(const WinogradOutput& a) {
  constexpr int MH = H::kOutputs, MW = W::kOutputs, NH = H::kInputs, NW = W::kInputs;
  constexpr int L = Vec::kLanes, kSide = kPooled ? 2 : 1;
  const Vec zero = Vec::zero();
  const striate_activation kind = a.activation.kind;
  const Vec low = kind == STRIATE_ACT_RELU ? zero : Vec::set1(a.activation.alpha);
  const Vec high = Vec::set1(a.activation.beta);
  for (int64_t c = 0; c < a.channels; c += L) {
    const int lanes = a.channels - c < L ? static_cast<int>(a.channels - c) : L;
    STRIATE_UNROLL
    for (int i = 0; i < MH / kSide; ++i) {
      STRIATE_UNROLL
      for (int j = 0; j < MW / kSide; ++j) prefetch(a.next + i * a.dst_row + j * a.dst_column + c);
    }
    Vec columns[MH][NW];  // A_h m
    const float* src = a.src + c;
    STRIATE_UNROLL
    for (int j = 0; j < NW; ++j) {
      Vec m[NH], y[MH];
      STRIATE_UNROLL
      for (int i = 0; i < NH; ++i) m[i] = Vec::load(src + (i * NW + j) * a.point_stride);
      H::Out::all(m, y);
      STRIATE_UNROLL
      for (int i = 0; i < MH; ++i) columns[i][j] = y[i];
    }
    const Vec bias = Vec::load(a.bias + c);
    auto finish = [&](Vec v, const float* residual) STRIATE_INLINE_LAMBDA {
      v = v + bias;
      if (residual != nullptr) v = v + Vec::load(residual, lanes);
      v = v + zero;
      if (kind == STRIATE_ACT_RELU) v = max(zero, v);
      if (kind == STRIATE_ACT_CLIP) v = min(high, max(low, v));
      return v;
    };
    auto store = [&](Vec v, float* to) STRIATE_INLINE_LAMBDA {
      if (lanes == L)
        v.store(to);
      else
        v.store(to, lanes);
    };
    Vec above[MW];  // where pooled, the row before
    STRIATE_UNROLL
    for (int i = 0; i < MH; ++i) {
      if (i >= a.rows) break;
      Vec y[MW];
      W::Out::all(columns[i], y);
      float* const dst = a.dst + i / kSide * a.dst_row + c;
      if constexpr (kPooled) {
        STRIATE_UNROLL
        for (int j = 0; j < MW; ++j) {
          y[j] = finish(y[j], nullptr);
          if (i % 2 == 0) above[j] = y[j];
        }
        if (i % 2 == 0) continue;
        STRIATE_UNROLL
        for (int j = 0; j < MW; j += 2) {
          if (j >= a.columns) break;
          store(pool_2x2(a.pooling, above[j], above[j + 1], y[j], y[j + 1]),
                dst + j / 2 * a.dst_column);
        }
      } else {
        const float* const residual =
            a.residual == nullptr ? nullptr : a.residual + i * a.residual_row + c;
        STRIATE_UNROLL
        for (int j = 0; j < MW; ++j) {
          if (j >= a.columns) break;
          store(finish(y[j], residual == nullptr ? nullptr : residual + j * a.residual_column),
                dst + j * a.dst_column);
        }
      }
    }
  }
  if (kPooled || is_in_registers(a.activation)) return;
  for (int i = 0; i < a.rows; ++i)
    for (int j = 0; j < a.columns; ++j)
      activate(a.dst + i * a.dst_row + j * a.dst_column, a.channels, a.activation);
}

// Forms that are one-dimensional along h are run as those along w.
template <int MH, int RH, int MW, int RW, int S>
constexpr WinogradTransforms transforms() {
  WinogradTransforms all{};
  all.weights = winograd_weights;
  using H = Axis<MH, RH, S>;
  using W = Axis<MW, RW, S>;
  if constexpr (winograd_may_be_late(H::kInputs * W::kInputs, RH * RW, S)) {
    all.filters = winograd_filters<MH, RH, MW, RW>;
    all.late_filters[0] = late_filters<MH, RH, MW, RW, 1>;
    all.late_filters[1] = late_filters<MH, RH, MW, RW, 2>;
    all.late_products[0] = late_products<1>;
    all.late_products[1] = late_products<2>;
  }
  if constexpr (MW == 1 && RW == 1) {
    all.input = winograd_input<W, H>;
    all.output = winograd_output<W, H, false>;
  } else {
    all.input = winograd_input<H, W>;
    all.output = winograd_output<H, W, false>;
    if constexpr (MH % 2 == 0 && MW % 2 == 0) all.pooled_output = winograd_output<H, W, true>;
  }
  return all;
}

}  // namespace

#define STRIATE_FORM(mh, rh, mw, rw, s, fast) transforms<mh, rh, mw, rw, s>(),
constinit const WinogradTransforms winograd_transforms[kWinogradForms] = {
    STRIATE_EACH_WINOGRAD_FORM(STRIATE_FORM)};
#undef STRIATE_FORM

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_WINOGRAD_WINOGRAD_SIMD_H
