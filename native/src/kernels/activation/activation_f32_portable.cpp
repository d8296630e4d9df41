#define STRIATE_ISA portable
#include "kernels/activation/activation_rows_simd.h"
