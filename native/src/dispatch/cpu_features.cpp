#include "dispatch/cpu_features.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>

#include "base/failure.h"

namespace striate {

striate_isa cpu_isa() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return STRIATE_ISA_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return STRIATE_ISA_AVX2;
#endif
  return STRIATE_ISA_PORTABLE;
}

const char* isa_name(striate_isa isa) {
  switch (isa) {
    case STRIATE_ISA_AVX512:
      return "avx512";
    case STRIATE_ISA_AVX2:
      return "avx2";
    default:
      return "portable";
  }
}

striate_isa resolve_isa(striate_isa wanted) {
  const striate_isa available = cpu_isa();
  striate_isa cap = STRIATE_ISA_AVX512;
  if (const char* text = getenv("STRIATE_MAX_ISA")) {
    for (cap = STRIATE_ISA_AVX512; cap >= STRIATE_ISA_PORTABLE; --cap)
      if (strcmp(text, isa_name(cap)) == 0) break;
    if (cap < STRIATE_ISA_PORTABLE)
      fail(STRIATE_INVALID_ARGUMENT,
           "STRIATE_MAX_ISA is \"%.100s\"; it may be portable, avx2 or avx512, or be unset", text);
  }
  if (wanted < STRIATE_ISA_ANY || wanted > STRIATE_ISA_AVX512)
    fail(STRIATE_INVALID_ARGUMENT, "max_isa is %d, which is no striate_isa", wanted);
  if (wanted == STRIATE_ISA_ANY) return std::min(available, cap);
  if (wanted > available)
    fail(STRIATE_UNSUPPORTED, "max_isa is %s, but this CPU offers %s; ask for that or less",
         isa_name(wanted), isa_name(available));
  return wanted;
}

int64_t l1_data_bytes() {
#ifdef _SC_LEVEL1_DCACHE_SIZE
  static const int64_t bytes = sysconf(_SC_LEVEL1_DCACHE_SIZE);
#else
  static const int64_t bytes = 0;
#endif
  return bytes > 0 ? bytes : 32 << 10;
}

int64_t l2_bytes() {
#ifdef _SC_LEVEL2_CACHE_SIZE
  static const int64_t bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#else
  static const int64_t bytes = 0;
#endif
  return bytes > 0 ? bytes : 1 << 20;
}

}  // namespace striate
