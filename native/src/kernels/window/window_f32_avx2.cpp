#define STRIATE_ISA avx2
#include "kernels/window/window_simd.h"
