#define STRIATE_ISA avx2
#include "kernels/lrn/lrn_simd.h"
