// Integer arithmetic on sizes that fails instead of wrapping.
#ifndef STRIATE_BASE_CHECKED_H
#define STRIATE_BASE_CHECKED_H

#include <stdint.h>

#include "base/failure.h"

namespace striate {

inline int64_t checked_mul(int64_t a, int64_t b, const char* what) {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result))
    fail(STRIATE_INVALID_ARGUMENT, "%s is too large: %lld * %lld does not fit into 64 bits", what,
         static_cast<long long>(a), static_cast<long long>(b));
  return result;
}

inline int64_t checked_add(int64_t a, int64_t b, const char* what) {
  int64_t result;
  if (__builtin_add_overflow(a, b, &result))
    fail(STRIATE_INVALID_ARGUMENT, "%s is too large: %lld + %lld does not fit into 64 bits", what,
         static_cast<long long>(a), static_cast<long long>(b));
  return result;
}

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

// a / b and a mod b rounded towards minus infinity, b > 0.
inline int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
inline int64_t floor_mod(int64_t a, int64_t b) { return a - floor_div(a, b) * b; }

}  // namespace striate

#endif  // STRIATE_BASE_CHECKED_H
