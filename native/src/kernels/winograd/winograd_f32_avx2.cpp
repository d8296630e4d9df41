#define STRIATE_ISA avx2
#include "kernels/winograd/winograd_simd.h"
