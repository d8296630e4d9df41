#define STRIATE_ISA avx2
#include "support/peak_simd.h"
