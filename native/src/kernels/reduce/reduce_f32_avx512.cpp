#define STRIATE_ISA avx512
#include "kernels/reduce/reduce_simd.h"
