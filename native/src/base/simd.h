// Vec: one SIMD register of floats, with the few operations that kernels need.
//
// A kernel written with Vec lives in a header `<name>_simd.h`, inside namespace
// striate::STRIATE_ISA. Three sources, <name>_avx512.cpp, <name>_avx2.cpp and <name>_portable.cpp,
// define STRIATE_ISA and include it; the build gives each the flags of its set. Nothing inline may
// be shared with code outside that namespace (no <vector>, no <algorithm>): the linker keeps one
// copy of an inline function, possibly the AVX-512 one.
//
// Semantics common to all sets:
//   max(a, b), min(a, b): b when either is NaN, as the x86 instructions do. Write max(limit, x) to
//     let a NaN in x through.
//   fma(a, b, c): a*b + c, one rounding where the set has FMA, two in `portable`.
//   fma_half: fma for the first half of the lanes, what the others hold is unspecified. Of use with
//     AVX-512 where 512 bits are multiplied in two steps (Zen 4).
//   load(p, n), store(p, n): the first n lanes, 0 <= n <= kLanes; no other byte is touched, the
//     missing lanes read as 0.
#ifndef STRIATE_BASE_SIMD_H
#define STRIATE_BASE_SIMD_H

#ifndef STRIATE_ISA
#error "define STRIATE_ISA as avx512, avx2 or portable first: see the comment above"
#endif

#include <stdint.h>

#ifdef __SANITIZE_ADDRESS__  // with checks, what is inlined everywhere takes minutes to compile
#define STRIATE_INLINE inline
#define STRIATE_INLINE_LAMBDA
#define STRIATE_UNROLL
#else
#define STRIATE_INLINE inline __attribute__((always_inline))
#define STRIATE_INLINE_LAMBDA __attribute__((always_inline))
#define STRIATE_UNROLL _Pragma("GCC unroll 16")
#endif
#define STRIATE_CAT2(a, b) a##b
#define STRIATE_CAT(a, b) STRIATE_CAT2(a, b)

#if defined(__AVX512F__)
#include "base/simd_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "base/simd_avx2.h"
#else
#include "base/simd_portable.h"
#endif

namespace striate {
namespace STRIATE_ISA {

STRIATE_INLINE Vec operator-(Vec a) { return Vec::zero() - a; }

// b in the lanes where m holds, a elsewhere, is select(m, b, a).
STRIATE_INLINE Vec abs(Vec a) { return copysign(a, Vec::zero()); }

// 1.5 * 2^23: adding it and taking it away rounds any |x| < 2^22 to the nearest integer.
constexpr float kRoundingMagic = 12582912.0f;

// Any |x| < 2^22, to the nearest integer, ties to even.
STRIATE_INLINE Vec round_nearest(Vec x) {
  const Vec magic = Vec::set1(kRoundingMagic);
  return (x + magic) - magic;
}

// x * 2^n for integral n, |n| <= 252
STRIATE_INLINE Vec scale_pow2_far(Vec x, Vec n) {
  if constexpr (Vec::kScalesFar) {
    return scale_pow2(x, n);
  } else {
    const Vec half = round_nearest(n * Vec::set1(0.5f));
    return scale_pow2(scale_pow2(x, half), n - half);
  }
}

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_BASE_SIMD_H
