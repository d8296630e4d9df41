// Which instruction sets this CPU and operating system offer, and the cap on them.
#ifndef STRIATE_DISPATCH_CPU_FEATURES_H
#define STRIATE_DISPATCH_CPU_FEATURES_H

#include "striate/striate.h"

namespace striate {

// The best set that the CPU has and this library was built for.
striate_isa cpu_isa();

// "portable", "avx2", "avx512".
const char* isa_name(striate_isa isa);

// Resolves the argument of striate_context_create; throws Failure.
striate_isa resolve_isa(striate_isa wanted);

}  // namespace striate

#endif  // STRIATE_DISPATCH_CPU_FEATURES_H
