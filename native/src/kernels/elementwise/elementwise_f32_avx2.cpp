#define STRIATE_ISA avx2
#include "kernels/elementwise/elementwise_simd.h"
