#include "support/peak.h"

#include <time.h>

#include <algorithm>

namespace striate::test {

double now() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double measured_peak(striate_isa isa) {
  int64_t (*rounds)(int64_t) = portable::fma_rounds;
#if defined(__x86_64__)
  if (isa == STRIATE_ISA_AVX2) rounds = avx2::fma_rounds;
  if (isa == STRIATE_ISA_AVX512) rounds = avx512::fma_rounds;
#else
  (void)isa;
#endif
  double best = 0;
  for (int i = 0; i < 12; ++i) {
    const double start = now();
    const int64_t operations = rounds(400000);
    best = std::max(best, static_cast<double>(operations) / (now() - start));
  }
  return best;
}

}  // namespace striate::test
