#define STRIATE_ISA avx2
#include "kernels/softmax/softmax_simd.h"
