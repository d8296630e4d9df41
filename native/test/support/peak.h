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
// Seconds since some fixed moment.
double now();

// Times one call among other processes: wall time if the thread kept its core throughout, else
// processor time, which the kernel accounts to within some 10 us (so short calls that lost the core
// do not count: infinity).
class Stopwatch {
 public:
  Stopwatch();
  double seconds() const;

 private:
  double wall_, processor_;
  int64_t switches_;
};
}  // namespace test

}  // namespace striate

#endif  // STRIATE_TEST_SUPPORT_PEAK_H
