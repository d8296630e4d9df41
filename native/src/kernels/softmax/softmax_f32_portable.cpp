#define STRIATE_ISA portable
#include "kernels/softmax/softmax_simd.h"
