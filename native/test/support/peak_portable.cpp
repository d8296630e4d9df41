#define STRIATE_ISA portable
#include "support/peak_simd.h"
