// The measured FMA (portable: multiply and add) rate of one core, in floating point operations per
// second.
#ifndef STRIATE_TEST_SUPPORT_PEAK_H
#define STRIATE_TEST_SUPPORT_PEAK_H

#include <stdint.h>

#include "striate/striate.h"

namespace striate {

// Runs `rounds` rounds over independent accumulators; returns the operations done.
namespace avx512 {
int64_t fma_rounds(int64_t rounds);
}
namespace avx2 {
int64_t fma_rounds(int64_t rounds);
}
namespace portable {
int64_t fma_rounds(int64_t rounds);
}

namespace test {
// Best of a few runs of about 1 ms.
double measured_peak(striate_isa isa);
// Processor time of this thread in seconds: what other processes take does not count.
double now();
}  // namespace test

}  // namespace striate

#endif  // STRIATE_TEST_SUPPORT_PEAK_H
