#define STRIATE_ISA avx2
#include "kernels/gather/gather_simd.h"
