#define STRIATE_ISA portable
#include "kernels/elementwise/elementwise_simd.h"
