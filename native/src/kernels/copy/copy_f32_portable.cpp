#define STRIATE_ISA portable
#include "kernels/copy/copy_simd.h"
