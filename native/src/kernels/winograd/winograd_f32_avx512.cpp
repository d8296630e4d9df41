#define STRIATE_ISA avx512
#include "kernels/winograd/winograd_simd.h"
