// Which instruction sets this CPU and operating system offer, the cap on them, and the sizes of
// caches.
#ifndef STRIATE_DISPATCH_CPU_FEATURES_H
#define STRIATE_DISPATCH_CPU_FEATURES_H

#include <stdint.h>

#include "striate/striate.h"

namespace striate {

// The best set that the CPU has and this library was built for.
striate_isa cpu_isa();

// "portable", "avx2", "avx512".
const char* isa_name(striate_isa isa);

// Resolves the argument of striate_context_create; throws Failure.
striate_isa resolve_isa(striate_isa wanted);

// Bytes of a core's L1 data cache and of its L2; 32 KB and 1 MB where the system does not say.
// Results must not depend on them. The order of packed weights may depend on L2, which is why
// striate_describe tells of it: copies of another machine's are not read.
int64_t l1_data_bytes();
int64_t l2_bytes();

// Whether AMD says that this core multiplies 512 bits in one step (Zen 5; Zen 4 takes two).
bool has_full_width_512();

// Whether L2 has 2 MB or more: what is fetched early stays there.
inline bool has_large_l2() { return l2_bytes() >= int64_t{2} << 20; }

}  // namespace striate

#endif  // STRIATE_DISPATCH_CPU_FEATURES_H
