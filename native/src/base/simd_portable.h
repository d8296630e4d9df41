// Vec as a GCC/Clang vector extension of 4 lanes: SSE2 on any x86-64, NEON on AArch64, scalar code
// elsewhere. No FMA. See simd.h.
#ifndef STRIATE_BASE_SIMD_PORTABLE_H
#define STRIATE_BASE_SIMD_PORTABLE_H

#include <string.h>

namespace striate {
namespace STRIATE_ISA {

typedef float Float4 __attribute__((vector_size(16)));
typedef int32_t Int4 __attribute__((vector_size(16)));

struct Mask {
  Int4 m;
};

struct Vec {
  static constexpr int kLanes = 4;
  static constexpr int kRegisters = 16;
  static constexpr bool kScalesFar = false;
  Float4 v;

  static STRIATE_INLINE Vec zero() { return {Float4{0, 0, 0, 0}}; }
  static STRIATE_INLINE Vec set1(float x) { return {Float4{x, x, x, x}}; }
  static STRIATE_INLINE Vec load(const float* p) {
    Vec r;
    memcpy(&r.v, p, sizeof r.v);
    return r;
  }
  static STRIATE_INLINE Vec load(const float* p, int n) {
    Float4 r = {0, 0, 0, 0};
    for (int i = 0; i < 4; ++i)
      if (i < n) r[i] = p[i];
    return {r};
  }
  STRIATE_INLINE void store(float* p) const { memcpy(p, &v, sizeof v); }
  STRIATE_INLINE void store(float* p, int n) const {
    for (int i = 0; i < 4; ++i)
      if (i < n) p[i] = v[i];
  }
};

STRIATE_INLINE Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
STRIATE_INLINE Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
STRIATE_INLINE Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
STRIATE_INLINE Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
STRIATE_INLINE Vec max(Vec a, Vec b) { return {a.v > b.v ? a.v : b.v}; }
STRIATE_INLINE Vec min(Vec a, Vec b) { return {a.v < b.v ? a.v : b.v}; }
STRIATE_INLINE Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
STRIATE_INLINE Vec fma_half(Vec a, Vec b, Vec c) { return fma(a, b, c); }
STRIATE_INLINE Vec sqrt(Vec a) {
  Float4 r = {0, 0, 0, 0};
  for (int i = 0; i < 4; ++i) r[i] = __builtin_sqrtf(a.v[i]);
  return {r};
}

STRIATE_INLINE Mask operator<(Vec a, Vec b) { return {a.v < b.v}; }
STRIATE_INLINE Mask operator<=(Vec a, Vec b) { return {a.v <= b.v}; }
STRIATE_INLINE Mask is_nan_either(Vec a, Vec b) { return {(a.v != a.v) | (b.v != b.v)}; }
STRIATE_INLINE Mask operator|(Mask a, Mask b) { return {a.m | b.m}; }
STRIATE_INLINE Mask is_nan(Vec a) { return {a.v != a.v}; }
STRIATE_INLINE Vec select(Mask m, Vec yes, Vec no) { return {m.m ? yes.v : no.v}; }
// magnitude of a, sign bit of s
STRIATE_INLINE Vec copysign(Vec a, Vec s) {
  const Int4 sign = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
  return {reinterpret_cast<Float4>((reinterpret_cast<Int4>(a.v) & ~sign) |
                                   (reinterpret_cast<Int4>(s.v) & sign))};
}
// x * 2^n for integral n, -126 <= n <= 127
STRIATE_INLINE Vec scale_pow2(Vec x, Vec n) {
  const Int4 e = (__builtin_convertvector(n.v, Int4) + 127) << 23;
  return {x.v * reinterpret_cast<Float4>(e)};
}
// 1/x
STRIATE_INLINE Vec reciprocal(Vec x) { return Vec::set1(1.0f) / x; }
struct LaneIndex {
  Int4 v;
};
STRIATE_INLINE LaneIndex group_lanes(int group) {
  return {Int4{0, 1, 2, 3} & Int4{-group, -group, -group, -group}};
}
STRIATE_INLINE LaneIndex next(LaneIndex i) { return {i.v + Int4{1, 1, 1, 1}}; }
STRIATE_INLINE Vec take(Vec x, LaneIndex i) {
  return {Float4{x.v[i.v[0]], x.v[i.v[1]], x.v[i.v[2]], x.v[i.v[3]]}};
}
// Every other lane of a and b one after the other, from lane 0 on, or from lane 1.
STRIATE_INLINE Vec even_lanes(Vec a, Vec b) {
  return {__builtin_shufflevector(a.v, b.v, 0, 2, 4, 6)};
}
STRIATE_INLINE Vec odd_lanes(Vec a, Vec b) {
  return {__builtin_shufflevector(a.v, b.v, 1, 3, 5, 7)};
}
STRIATE_INLINE float reduce_add(Vec a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
STRIATE_INLINE float reduce_max(Vec a) {
  float m = a.v[0];
  for (int i = 1; i < 4; ++i) m = m < a.v[i] ? a.v[i] : m;
  return m;
}

STRIATE_INLINE void prefetch(const void* p) { __builtin_prefetch(p); }
STRIATE_INLINE void prefetch_l2(const void* p) { __builtin_prefetch(p, 0, 2); }

}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_BASE_SIMD_PORTABLE_H
