#define STRIATE_ISA avx512
#include "kernels/softmax/softmax_simd.h"
