#define STRIATE_ISA portable
#include "kernels/winograd/winograd_simd.h"
