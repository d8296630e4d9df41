#define STRIATE_ISA portable
#include "kernels/gather/gather_simd.h"
