#define STRIATE_ISA avx512
#include "kernels/lrn/lrn_simd.h"
