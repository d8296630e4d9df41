#define STRIATE_ISA avx2
#include "kernels/resize/resize_simd.h"
