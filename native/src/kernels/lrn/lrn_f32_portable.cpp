#define STRIATE_ISA portable
#include "kernels/lrn/lrn_simd.h"
