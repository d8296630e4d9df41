#define STRIATE_ISA avx512
#include "support/peak_simd.h"
