// Vec on AVX-512 F/BW/DQ/VL: 16 lanes, 32 registers, tails by mask registers. See simd.h.
#ifndef STRIATE_BASE_SIMD_AVX512_H
#define STRIATE_BASE_SIMD_AVX512_H

#include <immintrin.h>

namespace striate {
namespace STRIATE_ISA {

struct Mask {
  __mmask16 m;
};

struct Vec {
  static constexpr int kLanes = 16;
  static constexpr int kRegisters = 32;
  static constexpr bool kScalesFar = true;  // scale_pow2 takes any n
  __m512 v;

  static STRIATE_INLINE Vec zero() { return {_mm512_setzero_ps()}; }
  static STRIATE_INLINE Vec set1(float x) { return {_mm512_set1_ps(x)}; }
  static STRIATE_INLINE Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static STRIATE_INLINE Vec load(const float* p, int n) {
    return {_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1u), p)};
  }
  STRIATE_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }
  STRIATE_INLINE void store(float* p, int n) const {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1u), v);
  }
};

STRIATE_INLINE Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
STRIATE_INLINE Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
STRIATE_INLINE Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
STRIATE_INLINE Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
STRIATE_INLINE Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
STRIATE_INLINE Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
STRIATE_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
STRIATE_INLINE Vec fma_half(Vec a, Vec b, Vec c) {
  return {_mm512_castps256_ps512(_mm256_fmadd_ps(
      _mm512_castps512_ps256(a.v), _mm512_castps512_ps256(b.v), _mm512_castps512_ps256(c.v)))};
}
STRIATE_INLINE Vec sqrt(Vec a) { return {_mm512_sqrt_ps(a.v)}; }

STRIATE_INLINE Mask operator<(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
STRIATE_INLINE Mask operator<=(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
STRIATE_INLINE Mask is_nan_either(Vec a, Vec b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_UNORD_Q)};
}
STRIATE_INLINE Mask operator|(Mask a, Mask b) { return {static_cast<__mmask16>(a.m | b.m)}; }
STRIATE_INLINE Mask is_nan(Vec a) { return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)}; }
STRIATE_INLINE Vec select(Mask m, Vec yes, Vec no) {
  return {_mm512_mask_blend_ps(m.m, no.v, yes.v)};
}
// magnitude of a, sign bit of s
STRIATE_INLINE Vec copysign(Vec a, Vec s) {
  const __m512i sign = _mm512_set1_epi32(static_cast<int>(0x80000000u));
  return {_mm512_castsi512_ps(
      _mm512_ternarylogic_epi32(sign, _mm512_castps_si512(s.v), _mm512_castps_si512(a.v), 0xCA))};
}
// x * 2^n for integral n, rounded once
STRIATE_INLINE Vec scale_pow2(Vec x, Vec n) { return {_mm512_scalef_ps(x.v, n.v)}; }
// 1/x within 1 ulp for 2^-126 <= x <= 2^126, by one Newton step: half the time of a division.
STRIATE_INLINE Vec reciprocal(Vec x) {
  const __m512 y = _mm512_rcp14_ps(x.v);
  const __m512 rest = _mm512_fnmadd_ps(x.v, y, _mm512_set1_ps(1.0f));
  return {_mm512_fmadd_ps(y, rest, y)};
}
// Lanes of a vector, for take.
struct LaneIndex {
  __m512i v;
};
// Lane l: the first of the aligned `group` lanes, a power of two, that hold l.
STRIATE_INLINE LaneIndex group_lanes(int group) {
  const __m512i own = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return {_mm512_and_si512(own, _mm512_set1_epi32(-group))};
}
STRIATE_INLINE LaneIndex next(LaneIndex i) { return {_mm512_add_epi32(i.v, _mm512_set1_epi32(1))}; }
STRIATE_INLINE Vec take(Vec x, LaneIndex i) { return {_mm512_permutexvar_ps(i.v, x.v)}; }
// Every other lane of a and b one after the other, from lane 0 on, or from lane 1.
STRIATE_INLINE Vec even_lanes(Vec a, Vec b) {
  return {
      __builtin_shufflevector(a.v, b.v, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)};
}
STRIATE_INLINE Vec odd_lanes(Vec a, Vec b) {
  return {
      __builtin_shufflevector(a.v, b.v, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)};
}
STRIATE_INLINE float reduce_add(Vec a) { return _mm512_reduce_add_ps(a.v); }
STRIATE_INLINE float reduce_max(Vec a) { return _mm512_reduce_max_ps(a.v); }

STRIATE_INLINE void prefetch(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
}

// The same, but only into L2.
STRIATE_INLINE void prefetch_l2(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1);
}

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_BASE_SIMD_AVX512_H
