// fma_rounds of peak.h: 12 independent accumulators, enough for 2 ports x 5 cycles of latency.
#include "base/simd.h"
#include "support/peak.h"

namespace striate {
namespace STRIATE_ISA {

int64_t fma_rounds(int64_t rounds) {
  constexpr int kAccumulators = 12;
  Vec acc[kAccumulators];
  for (int i = 0; i < kAccumulators; ++i) acc[i] = Vec::set1(static_cast<float>(i));
  const Vec factor = Vec::set1(0.999f), term = Vec::set1(0.001f);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < kAccumulators; ++i) acc[i] = fma(acc[i], factor, term);
  }
  Vec sum = Vec::zero();
  for (int i = 0; i < kAccumulators; ++i) sum = sum + acc[i];
  volatile float sink = reduce_add(sum);
  (void)sink;
  return rounds * kAccumulators * Vec::kLanes * 2;
}

}  // namespace STRIATE_ISA
}  // namespace striate
