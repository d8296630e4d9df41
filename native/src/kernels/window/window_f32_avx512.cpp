#define STRIATE_ISA avx512
#include "kernels/window/window_simd.h"
