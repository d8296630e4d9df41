// Vec on AVX2 + FMA: 8 lanes, 16 registers. See simd.h.
// Tails are read by vmaskmov and written by halves: AMD's cores take dozens of operations for a
// vmaskmov that stores (Zen 3, all layers of ResNet-50 and VGG-16 10 % longer so).
#ifndef STRIATE_BASE_SIMD_AVX2_H
#define STRIATE_BASE_SIMD_AVX2_H

#include <immintrin.h>

namespace striate {
namespace STRIATE_ISA {

struct Mask {
  __m256 m;
};

STRIATE_INLINE __m256i first_lanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

struct Vec {
  static constexpr int kLanes = 8;
  static constexpr int kRegisters = 16;
  static constexpr bool kScalesFar = false;
  __m256 v;

  static STRIATE_INLINE Vec zero() { return {_mm256_setzero_ps()}; }
  static STRIATE_INLINE Vec set1(float x) { return {_mm256_set1_ps(x)}; }
  static STRIATE_INLINE Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static STRIATE_INLINE Vec load(const float* p, int n) {
    return {_mm256_maskload_ps(p, first_lanes(n))};
  }
  STRIATE_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }
  STRIATE_INLINE void store(float* p, int n) const {
    if (n == kLanes) return store(p);
    __m128 rest = _mm256_castps256_ps128(v);
    if (n & 4) {
      _mm_storeu_ps(p, rest);
      rest = _mm256_extractf128_ps(v, 1);
      p += 4;
    }
    if (n & 2) {
      _mm_storel_pi(reinterpret_cast<__m64*>(p), rest);
      rest = _mm_movehl_ps(rest, rest);
      p += 2;
    }
    if (n & 1) _mm_store_ss(p, rest);
  }
};

STRIATE_INLINE Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
STRIATE_INLINE Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
STRIATE_INLINE Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
STRIATE_INLINE Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
STRIATE_INLINE Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
STRIATE_INLINE Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
STRIATE_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
STRIATE_INLINE Vec fma_half(Vec a, Vec b, Vec c) { return fma(a, b, c); }
STRIATE_INLINE Vec sqrt(Vec a) { return {_mm256_sqrt_ps(a.v)}; }

STRIATE_INLINE Mask operator<(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
STRIATE_INLINE Mask operator<=(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
STRIATE_INLINE Mask is_nan_either(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_UNORD_Q)}; }
STRIATE_INLINE Mask operator|(Mask a, Mask b) { return {_mm256_or_ps(a.m, b.m)}; }
STRIATE_INLINE Mask is_nan(Vec a) { return {_mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q)}; }
STRIATE_INLINE Vec select(Mask m, Vec yes, Vec no) { return {_mm256_blendv_ps(no.v, yes.v, m.m)}; }
// magnitude of a, sign bit of s
STRIATE_INLINE Vec copysign(Vec a, Vec s) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(sign, a.v), _mm256_and_ps(sign, s.v))};
}
// x * 2^n for integral n, -126 <= n <= 127
STRIATE_INLINE Vec scale_pow2(Vec x, Vec n) {
  const __m256i e = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
  return {_mm256_mul_ps(x.v, _mm256_castsi256_ps(_mm256_slli_epi32(e, 23)))};
}
// 1/x
STRIATE_INLINE Vec reciprocal(Vec x) { return Vec::set1(1.0f) / x; }
// See simd_avx512.h.
struct LaneIndex {
  __m256i v;
};
STRIATE_INLINE LaneIndex group_lanes(int group) {
  return {_mm256_and_si256(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(-group))};
}
STRIATE_INLINE LaneIndex next(LaneIndex i) { return {_mm256_add_epi32(i.v, _mm256_set1_epi32(1))}; }
STRIATE_INLINE Vec take(Vec x, LaneIndex i) { return {_mm256_permutevar8x32_ps(x.v, i.v)}; }
// Every other lane of a and b one after the other, from lane 0 on, or from lane 1.
STRIATE_INLINE Vec even_lanes(Vec a, Vec b) {
  return {__builtin_shufflevector(a.v, b.v, 0, 2, 4, 6, 8, 10, 12, 14)};
}
STRIATE_INLINE Vec odd_lanes(Vec a, Vec b) {
  return {__builtin_shufflevector(a.v, b.v, 1, 3, 5, 7, 9, 11, 13, 15)};
}
STRIATE_INLINE float reduce_add(Vec a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
STRIATE_INLINE float reduce_max(Vec a) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

STRIATE_INLINE void prefetch(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
}

// The same, but only into L2.
STRIATE_INLINE void prefetch_l2(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1);
}

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_BASE_SIMD_AVX2_H
