#define STRIATE_ISA avx2
#include "kernels/activation/activation_rows_simd.h"
