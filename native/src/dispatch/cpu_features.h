// Which instruction sets this CPU and operating system offer, the cap on them, and the size of L1.
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

// Bytes of a core's L1 data cache; 32 KB where the system does not say. Results must not depend on
// it, nor the order of packed weights, which another machine may read.
int64_t l1_data_bytes();

}  // namespace striate

#endif  // STRIATE_DISPATCH_CPU_FEATURES_H
