#define STRIATE_ISA avx512
#include "kernels/elementwise/elementwise_simd.h"
