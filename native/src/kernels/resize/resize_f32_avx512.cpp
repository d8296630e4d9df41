#define STRIATE_ISA avx512
#include "kernels/resize/resize_simd.h"
