#define STRIATE_ISA avx512
#include "kernels/gather/gather_simd.h"
