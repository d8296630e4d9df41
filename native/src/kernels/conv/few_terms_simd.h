// Neighbouring output pixels of conv_few_terms.h: K terms, V vectors of output channels.
//
// Loop order: up to eight pixels, term, pixel, vector; all but the first are unrolled. Two where
//   squares of outputs are pooled: the pair of pixels above waits for the pair below in 2*V
//   vectors, some of them on the stack where weights fill the registers.
// Registers, AVX-512:
//   K*V weights, 2*V to 8*V accumulators and the broadcasts: K <= 28/V - 2 (of 32), 27 for V = 1,
//   12 for 2. Per pixel K broadcasts feed K*V FMAs, and nothing else is loaded but the terms'
//   places; stores of a pixel overlap the sums of the next, since no call lies between. Two sums
//   hide the latency of a core that takes two steps for 512 bits, not of one with two FMA units
//   (Zen 5, `conv_bench --relu`, us with two and with more pixels: 16 channels to 96, 112 by 8
//   pixels, 22.3 and 17.1; 24 to 144, 56 by 8, 22.8 and 19.1; 3 to 32, 3x3, stride 2, 224 by 16,
//   12.4 and 11.0).
// Tails: pairs of pixels, a last single one; the last vector by a masked store.
// Expected, AVX-512, from 9 terms up, of FMA peak: Zen 5 60 to 70 %, Zen 4 85 to 93 % (with two
//   pixels; not measured with more).
// Accumulation order: bias, then terms in order of kernel row, column, input channel; then +0, so
//   that the sign of an underflowed zero is that of the other kernels; then the activation.
#ifndef STRIATE_KERNELS_CONV_FEW_TERMS_SIMD_H
#define STRIATE_KERNELS_CONV_FEW_TERMS_SIMD_H

#include "kernels/activation/activation_simd.h"
#include "kernels/conv/conv_few_terms.h"
#include "kernels/pool/pool_2x2_simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

constexpr int kPixels = 2;      // where squares are pooled, and near the end of a row
constexpr int kMostPixels = 8;  // elsewhere, if weights leave room

template <int K, int V>
constexpr bool kFitsRegisters = K* V + kPixels*(V + 1) <= Vec::kRegisters - (V > 1);

template <int K, int V>
constexpr int pixels_at_once() {
  int pixels = kMostPixels;
  while (pixels > kPixels && (K + pixels) * V + V > Vec::kRegisters) pixels -= 2;
  return pixels;
}

// Where pixels lie from the first. The odd multiples stay in registers and the even ones come by
// scaled addresses: the compiler would add one step after the other, which is as long as the sums.
struct PixelSteps {
  int64_t to[kMostPixels];
};

STRIATE_INLINE int64_t in_register(int64_t x) {
  __asm__("" : "+r"(x));
  return x;
}

STRIATE_INLINE PixelSteps pixel_steps(int64_t step) {
  const int64_t one = in_register(step), three = in_register(3 * step);
  return {
      {0, one, 2 * one, three, 4 * one, in_register(5 * step), 2 * three, in_register(7 * step)}};
}

template <int K, int V, int P, class Finish>
STRIATE_INLINE void few_terms_pixels(const FewTermsArgs& a, const float* src,
                                     const PixelSteps& steps, const Vec (&weights)[K][V],
                                     Finish finish, Vec (&acc)[P][V]) {
  constexpr int L = Vec::kLanes;
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) acc[p][v] = Vec::load(a.bias + v * L);
  }
#pragma GCC unroll 27
  for (int k = 0; k < K; ++k) {
    const float* const term = src + a.terms[k];
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) {
      const Vec x = Vec::set1(term[steps.to[p]]);
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) acc[p][v] = fma(x, weights[k][v], acc[p][v]);
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) acc[p][v] = finish(acc[p][v]);
  }
}

template <int V>
STRIATE_INLINE void few_terms_store(const FewTermsArgs& a, const Vec (&pixel)[V], float* dst) {
  constexpr int L = Vec::kLanes;
#pragma GCC unroll 2
  for (int v = 0; v < V - 1; ++v) pixel[v].store(dst + v * L);
  pixel[V - 1].store(dst + (V - 1) * L, a.tail);
}

template <int K, int V, bool kPooled, class Finish>
STRIATE_INLINE void few_terms_row(const FewTermsArgs& a, Finish finish) {
  constexpr int L = Vec::kLanes;
  Vec weights[K][V];
#pragma GCC unroll 27
  for (int k = 0; k < K; ++k) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) weights[k][v] = Vec::load(a.weights + (k * V + v) * L);
  }
  const PixelSteps steps = pixel_steps(a.src_step);
  const float* src = a.src;
  float* dst = a.dst;
  int64_t left = a.pixels;
  constexpr int kMany = pixels_at_once<K, V>();
  if constexpr (!kPooled && kMany > kPixels) {
    for (; left >= kMany; left -= kMany, src += kMany * a.src_step) {
      Vec pixels[kMany][V];
      few_terms_pixels(a, src, steps, weights, finish, pixels);
#pragma GCC unroll 8
      for (int p = 0; p < kMany; ++p, dst += a.dst_step) few_terms_store(a, pixels[p], dst);
    }
  }
  for (; left >= kPixels; left -= kPixels, src += kPixels * a.src_step) {
    Vec pixels[kPixels][V];
    few_terms_pixels(a, src, steps, weights, finish, pixels);
    if constexpr (kPooled) {
      Vec below[kPixels][V];
      few_terms_pixels(a, src + a.row_below, steps, weights, finish, below);
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v)
        pixels[0][v] = pool_2x2(a.pooling, pixels[0][v], pixels[1][v], below[0][v], below[1][v]);
      few_terms_store(a, pixels[0], dst);
      dst += a.dst_step;
    } else {
      few_terms_store(a, pixels[0], dst);
      few_terms_store(a, pixels[1], dst + a.dst_step);
      dst += kPixels * a.dst_step;
    }
  }
  if (left > 0) {
    Vec pixel[1][V];
    few_terms_pixels(a, src, steps, weights, finish, pixel);
    few_terms_store(a, pixel[0], dst);
  }
}

template <int K, int V, bool kPooled>
void few_terms(const FewTermsArgs& a) {
  const Vec zero = Vec::zero();
  if (a.activation.kind == STRIATE_ACT_RELU) {
    few_terms_row<K, V, kPooled>(a, [zero](Vec x) { return max(zero, x + zero); });
  } else if (a.activation.kind == STRIATE_ACT_CLIP) {
    const Vec low = Vec::set1(a.activation.alpha), high = Vec::set1(a.activation.beta);
    few_terms_row<K, V, kPooled>(
        a, [zero, low, high](Vec x) { return min(high, max(low, x + zero)); });
  } else {
    few_terms_row<K, V, kPooled>(a, [zero](Vec x) { return x + zero; });
  }
}

template <int K, int V>
constexpr void fill_few_terms(FewTerms& rows) {
  if constexpr (kFitsRegisters<K, V>) {
    rows.row[V - 1][K - 1] = few_terms<K, V, false>;
    rows.pooled_row[V - 1][K - 1] = few_terms<K, V, true>;
  }
  if constexpr (K > 1) fill_few_terms<K - 1, V>(rows);
}

constexpr FewTerms make_few_terms(striate_isa isa) {
  FewTerms rows{isa, Vec::kLanes, {}, {}, STRIATE_ISA::activate};
  fill_few_terms<FewTerms::kMostTerms, 1>(rows);
  fill_few_terms<FewTerms::kMostTerms, 2>(rows);
  return rows;
}

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_KERNELS_CONV_FEW_TERMS_SIMD_H
