// The instruction sets that this build holds kernels for, best first: STRIATE_EACH_ISA(F) expands
// to F(namespace, striate_isa, lanes of a vector) for each.
#ifndef STRIATE_KERNELS_ISA_LIST_H
#define STRIATE_KERNELS_ISA_LIST_H

#include "striate/striate.h"

#if defined(__x86_64__)
#define STRIATE_EACH_ISA(F)         \
  F(avx512, STRIATE_ISA_AVX512, 16) \
  F(avx2, STRIATE_ISA_AVX2, 8)      \
  F(portable, STRIATE_ISA_PORTABLE, 4)
#else
#define STRIATE_EACH_ISA(F) F(portable, STRIATE_ISA_PORTABLE, 4)
#endif

#endif  // STRIATE_KERNELS_ISA_LIST_H
