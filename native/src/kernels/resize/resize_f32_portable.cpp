#define STRIATE_ISA portable
#include "kernels/resize/resize_simd.h"
