#include "dispatch/cpu_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
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

// Names of sysconf; where the C library has none, one that it answers with -1.
#if defined(_SC_LEVEL1_DCACHE_SIZE) && defined(_SC_LEVEL2_CACHE_SIZE)
static constexpr int kL1Data = _SC_LEVEL1_DCACHE_SIZE, kL2 = _SC_LEVEL2_CACHE_SIZE;
#else
static constexpr int kL1Data = -1, kL2 = -1;
#endif

static int64_t cache_bytes(int name, int64_t otherwise) {
  const int64_t bytes = sysconf(name);
  return bytes > 0 ? bytes : otherwise;
}

int64_t l1_data_bytes() {
  static const int64_t bytes = cache_bytes(kL1Data, 32 << 10);
  return bytes;
}

int64_t l2_bytes() {
  static const int64_t bytes = cache_bytes(kL2, 1 << 20);
  return bytes;
}

// AMD64 Architecture Programmer's Manual, volume 3, CPUID Fn8000_001A_EAX: bit 3 is FP512.
bool has_full_width_512() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x8000001a, &a, &b, &c, &d) != 0 && (a & 8) != 0;
#else
  return false;
#endif
}

}  // namespace striate
