#define STRIATE_ISA portable
#include "kernels/window/window_simd.h"
