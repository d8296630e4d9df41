#pragma once
#include <stdint.h>
namespace striate {
struct IgemmArgs {
  const float* const* src;
  int64_t src_tap_stride;
  const float* zero;
  int64_t src_offset;
  int64_t taps;
  int64_t run;
  const float* weights;
  float* const* dst;
  const float* const* residual;
  int64_t channel;
  const float* bias;
  int32_t tail;
  int32_t first;
  int32_t last;
  int32_t activation;
  float alpha, beta;
};
using IgemmTile = void (*)(const IgemmArgs&);
}  // namespace striate
