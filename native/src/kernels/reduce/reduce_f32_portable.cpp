#define STRIATE_ISA portable
#include "kernels/reduce/reduce_simd.h"
