// Element-wise kernels. Loop order: lines (dst order), vectors of a line, one pass.
//
// Contiguous lines: load, compute, store; operands that are constant along the line are broadcast
//   once. 1 to 3 loads and a store per vector: bound by memory or cache, not by arithmetic. Tail by
//   one masked vector.
// Strided lines: 64 elements at a time are gathered into L1, computed as above, scattered.
// Activations other than ReLU run over pieces of at most 1024 elements just stored (4 KB, in L1).
// Every element is computed by the same instructions wherever it lies: no result depends on
//   layout, tile or alignment.
#ifndef STRIATE_KERNELS_ELEMENTWISE_ELEMENTWISE_SIMD_H
#define STRIATE_KERNELS_ELEMENTWISE_ELEMENTWISE_SIMD_H

#include "kernels/elementwise/elementwise.h"
#include "kernels/strided/strided_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

// What is computed from the vectors of the sources. kConstant: the sets of sources, as bits, that
// may be constant along a contiguous line; 0 is always possible.
struct Identity {
  static constexpr int kSources = 1;
  static constexpr int kConstant[] = {0};
  static STRIATE_INLINE Vec apply(const Vec* x) { return x[0]; }
};
struct Add {
  static constexpr int kSources = 2;
  static constexpr int kConstant[] = {0, 1, 2};
  static STRIATE_INLINE Vec apply(const Vec* x) { return x[0] + x[1]; }
};
struct Sub {
  static constexpr int kSources = 2;
  static constexpr int kConstant[] = {0, 1, 2};
  static STRIATE_INLINE Vec apply(const Vec* x) { return x[0] - x[1]; }
};
struct Mul {
  static constexpr int kSources = 2;
  static constexpr int kConstant[] = {0, 1, 2};
  static STRIATE_INLINE Vec apply(const Vec* x) { return x[0] * x[1]; }
};
struct Div {
  static constexpr int kSources = 2;
  static constexpr int kConstant[] = {0, 1, 2};
  static STRIATE_INLINE Vec apply(const Vec* x) { return x[0] / x[1]; }
};
struct MulAdd {
  static constexpr int kSources = 3;
  static constexpr int kConstant[] = {0, 1, 2};
  static STRIATE_INLINE Vec apply(const Vec* x) { return x[0] * x[1] + x[2]; }
};
struct PRelu {
  static constexpr int kSources = 2;
  static constexpr int kConstant[] = {0, 2};
  static STRIATE_INLINE Vec apply(const Vec* x) {
    return select(Vec::zero() <= x[0], x[0], x[1] * x[0]);
  }
};
struct Normalize {
  static constexpr int kSources = 4;
  static constexpr int kConstant[] = {0, 14};
  static STRIATE_INLINE Vec apply(const Vec* x) { return fma(x[0] - x[2], x[1], x[3]); }
};

enum Ending { kPlain, kRelu, kActivate };

template <Ending kEnding>
STRIATE_INLINE Vec finish(Vec v) {
  return kEnding == kRelu ? max(Vec::zero(), v) : v;
}

// n elements of contiguous operands, those in kConstant read once.
template <class Op, Ending kEnding, int kConstant>
STRIATE_INLINE void contiguous_run(const float* const* src, float* dst, int64_t n) {
  constexpr int S = Op::kSources;
  constexpr int L = Vec::kLanes;
  Vec x[S];
  for (int s = 0; s < S; ++s)
    if (kConstant >> s & 1) x[s] = Vec::set1(*src[s]);
  int64_t i = 0;
  for (; i + L <= n; i += L) {
    for (int s = 0; s < S; ++s)
      if ((kConstant >> s & 1) == 0) x[s] = Vec::load(src[s] + i);
    finish<kEnding>(Op::apply(x)).store(dst + i);
  }
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    for (int s = 0; s < S; ++s)
      if ((kConstant >> s & 1) == 0) x[s] = Vec::load(src[s] + i, rest);
    finish<kEnding>(Op::apply(x)).store(dst + i, rest);
  }
}

template <class Op, Ending kEnding, int kConstant>
STRIATE_INLINE void activated_run(const float* const* src, float* dst, int64_t n,
                                  const Activation& activation) {
  constexpr int S = Op::kSources;
  if (kEnding != kActivate) return contiguous_run<Op, kEnding, kConstant>(src, dst, n);
  constexpr int64_t kPiece = 1024;
  for (int64_t i = 0; i < n; i += kPiece) {
    const int64_t piece = n - i < kPiece ? n - i : kPiece;
    const float* at[S];
    for (int s = 0; s < S; ++s) at[s] = src[s] + ((kConstant >> s & 1) ? 0 : i);
    contiguous_run<Op, kEnding, kConstant>(at, dst + i, piece);
    activate(dst + i, piece, activation);
  }
}

// n elements of operands with any strides; dst_stride and stride[s] are in elements.
template <class Op, Ending kEnding>
void strided_run(const float* const* src, const int64_t* stride, float* dst, int64_t dst_stride,
                 int64_t n, const Activation& activation) {
  constexpr int S = Op::kSources;
  constexpr int kPiece = 64;
  alignas(64) float gathered[S][kPiece];
  alignas(64) float result[kPiece];
  for (int64_t i = 0; i < n; i += kPiece) {
    const int64_t piece = n - i < kPiece ? n - i : kPiece;
    const float* at[S];
    for (int s = 0; s < S; ++s) {
      at[s] = gathered[s];
      for (int64_t j = 0; j < piece; ++j) gathered[s][j] = src[s][(i + j) * stride[s]];
    }
    activated_run<Op, kEnding, 0>(at, result, piece, activation);
    for (int64_t j = 0; j < piece; ++j) dst[(i + j) * dst_stride] = result[j];
  }
}

// kConstant < 0: strided lines.
template <class Op, Ending kEnding, int kConstant>
void map_lines(const ElementwisePlan& plan, const float* const* src, float* dst, int64_t first,
               int64_t last) {
  constexpr int S = Op::kSources;
  const StridedLoop& loop = plan.loop;
  int64_t unit = first * loop.units_per_tile;
  const int64_t end =
      last * loop.units_per_tile < loop.units ? last * loop.units_per_tile : loop.units;
  int64_t block = unit % loop.blocks;
  LineCursor<S + 1> cursor;
  cursor.seek(loop, unit / loop.blocks);
  for (; unit < end; ++unit) {
    const int64_t begin = block * loop.block;
    const int64_t rest = loop.lanes - begin;
    const int64_t n = rest < loop.block ? rest : loop.block;
    const float* at[S];
    for (int s = 0; s < S; ++s)
      at[s] = src[s] + cursor.offset[s + 1] + begin * loop.lane_stride[s + 1];
    float* to = dst + cursor.offset[0] + begin * loop.lane_stride[0];
    if constexpr (kConstant >= 0)
      activated_run<Op, kEnding, kConstant>(at, to, n, plan.activation);
    else
      strided_run<Op, kEnding>(at, loop.lane_stride + 1, to, loop.lane_stride[0], n,
                               plan.activation);
    if (++block == loop.blocks) {
      block = 0;
      cursor.next(loop);
    }
  }
}

template <class Op, Ending kEnding>
void map_ended(const ElementwisePlan& plan, const float* const* src, float* dst, int64_t first,
               int64_t last) {
  int constant = plan.loop.lane_stride[0] == 1 ? 0 : -1;
  for (int s = 0; s < Op::kSources && constant >= 0; ++s) {
    if (plan.loop.lane_stride[s + 1] == 0)
      constant |= 1 << s;
    else if (plan.loop.lane_stride[s + 1] != 1)
      constant = -1;
  }
  if (constant == 0) return map_lines<Op, kEnding, 0>(plan, src, dst, first, last);
  constexpr int kSets = sizeof Op::kConstant / sizeof(int);
  if constexpr (kSets > 1)
    if (constant == Op::kConstant[1])
      return map_lines<Op, kEnding, Op::kConstant[1]>(plan, src, dst, first, last);
  if constexpr (kSets > 2)
    if (constant == Op::kConstant[2])
      return map_lines<Op, kEnding, Op::kConstant[2]>(plan, src, dst, first, last);
  map_lines<Op, kEnding, -1>(plan, src, dst, first, last);
}

template <class Op>
void map(const ElementwisePlan& plan, const float* const* src, float* dst, int64_t first,
         int64_t last) {
  if (plan.activation.kind == STRIATE_ACT_NONE)
    map_ended<Op, kPlain>(plan, src, dst, first, last);
  else if (plan.activation.kind == STRIATE_ACT_RELU)
    map_ended<Op, kRelu>(plan, src, dst, first, last);
  else
    map_ended<Op, kActivate>(plan, src, dst, first, last);
}

void map_prelu(const ElementwisePlan& plan, const float* const* src, float* dst, int64_t first,
               int64_t last) {
  map_ended<PRelu, kPlain>(plan, src, dst, first, last);
}

}  // namespace

extern const ElementwiseFunctions elementwise_functions;
constinit const ElementwiseFunctions elementwise_functions = {
    map<Identity>,
    {map<Add>, map<Sub>, map<Mul>, map<Div>},
    map<MulAdd>,
    map_prelu,
    map<Normalize>};

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_ELEMENTWISE_ELEMENTWISE_SIMD_H
