#define STRIATE_ISA avx512
#include "kernels/copy/copy_simd.h"
