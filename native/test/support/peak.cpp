#include "support/peak.h"

#include <math.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>

namespace striate::test {

namespace {

double read_clock(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

int64_t context_switches() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw + usage.ru_nvcsw;
}

}  // namespace

double now() { return read_clock(CLOCK_MONOTONIC); }

Stopwatch::Stopwatch()
    : processor_(read_clock(CLOCK_THREAD_CPUTIME_ID)), switches_(context_switches()) {
  wall_ = now();
}

double Stopwatch::seconds() const {
  const double wall = now() - wall_;
  if (context_switches() == switches_) return wall;
  const double processor = read_clock(CLOCK_THREAD_CPUTIME_ID) - processor_;
  return processor < 2e-3 ? HUGE_VAL : processor;
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
  for (int i = 0; i < 20 || best == 0; ++i) {
    const Stopwatch watch;
    const int64_t operations = rounds(200000);
    best = std::max(best, static_cast<double>(operations) / watch.seconds());
  }
  return best;
}

}  // namespace striate::test
