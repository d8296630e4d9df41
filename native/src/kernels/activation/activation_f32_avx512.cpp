#define STRIATE_ISA avx512
#include "kernels/activation/activation_rows_simd.h"
