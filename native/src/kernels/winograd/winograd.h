// Winograd convolution: its forms, and the transforms of one tile for each instruction set.
//
// A tile of MH x MW outputs of a convolution of stride 1 with RH x RW taps is
//
//   Y = A_h [ sum_c (G_h g_c G_w^T) . (B_h d_c B_w^T) ] A_w^T
//
// with "." element by element, g_c the weights and d_c the NH x NW inputs of channel c, N = M + R -
// 1 along each axis: NH*NW products for MH*MW*RH*RW. The sum over channels is, for each of the
// points, a matrix product of tiles x channels with channels x outputs, which the implicit GEMM's
// micro tiles compute. A one-dimensional form has M = R = 1 along the other axis, whose matrices
// are 1. Matrices and points: winograd_matrices.h.
//
// Stride 2: the even inputs of a row and taps 0 and 2 make an F(M,2), whose points the odd inputs
// and tap 1 follow as they are, M products for M outputs; so 2M+1 for 3M, and along both axes
// (2M+1)^2 for 9M^2.
//
// Named F(MHxMW,RHxRW): F(4x4,3x3) needs 36 products for 144, F(5x5,3x3) 49 for 225, F(2x2,3x3) 16
// for 36, with stride 2 F(4x4,3x3) 81 for 144 and F(2x2,3x3) 25 for 36, F(3x3,5x5) 49 for 225,
// F(1x4,1x7) 10 for 28. Forms whose rounding error is larger than about twice that of F(4x4,3x3),
// or larger than it for 3x3, serve Accuracy.FAST only (ADR 5).
#ifndef STRIATE_KERNELS_WINOGRAD_WINOGRAD_H
#define STRIATE_KERNELS_WINOGRAD_WINOGRAD_H

#include <stdint.h>

#include "kernels/activation/activation.h"
#include "kernels/pool/pooling.h"

namespace striate {

// All forms, X(MH, RH, MW, RW, stride, fast only).
#define STRIATE_EACH_WINOGRAD_FORM(X) \
  X(4, 3, 4, 3, 1, false)             \
  X(5, 3, 5, 3, 1, true)              \
  X(2, 3, 2, 3, 1, false)             \
  X(6, 3, 6, 3, 1, true)              \
  X(4, 3, 4, 3, 2, false)             \
  X(2, 3, 2, 3, 2, false)             \
  X(3, 5, 3, 5, 1, false)             \
  X(2, 5, 2, 5, 1, false)             \
  X(4, 5, 4, 5, 1, true)              \
  X(1, 1, 4, 3, 1, false)             \
  X(1, 1, 6, 3, 1, false)             \
  X(1, 1, 4, 5, 1, false)             \
  X(1, 1, 4, 7, 1, false)             \
  X(4, 3, 1, 1, 1, false)             \
  X(6, 3, 1, 1, 1, false)             \
  X(4, 5, 1, 1, 1, false)             \
  X(4, 7, 1, 1, 1, false)

constexpr int kMaxWinogradPoints = 81;  // of a tile
constexpr int kMaxWinogradTaps = 7;     // along an axis
constexpr int kMaxWinogradFilter = 25;  // taps of a filter
constexpr int kWinogradFilters = 16;    // whose weights are transformed at once
// Late weights: so many input channels at once, and one or two vectors of outputs.
constexpr int kLateChannels = 4, kLateVectors = 2;

// Along one axis. There are as many inputs as points.
struct WinogradAxis {
  int outputs, taps, stride;
  const double* g;  // [points][taps]
  int points() const { return (outputs - 1) * stride + taps; }
};

struct WinogradForm {
  const char* name;  // as in kernel ids: "4x4" (of 3x3 kernels), "1x4-1x7"
  WinogradAxis h, w;
  bool fast_only;  // for Accuracy.FAST
  int points() const { return h.points() * w.points(); }
};

constexpr int kWinogradForms = 17;
extern const WinogradForm winograd_forms[kWinogradForms];

// One tile's inputs to the points of all its channels.
struct WinogradInput {
  const float* const* src;   // a pointer for each pixel, row by row; a row of zeros outside
  const float* const* next;  // those of the tile that comes next, to be fetched ahead
  int64_t channels;
  float* dst;            // point p of channel c goes to dst[p * point_stride + c]
  int64_t point_stride;  // channels rounded up to lanes are written
};

// The points of all its outputs to one tile's outputs. Forms that are one-dimensional along h see
// their rows as columns.
struct WinogradOutput {
  const float* src;      // point p of output c is src[p * point_stride + c]
  int64_t point_stride;  // channels rounded up to lanes are read
  int64_t channels;
  const float* bias;  // channels rounded up to lanes
  float* dst;         // of the tile's first pixel
  const float* next;  // of the tile that comes next, to be fetched ahead
  int64_t dst_row, dst_column;
  const float* residual;  // or null
  int64_t residual_row, residual_column;
  int rows, columns;  // of the tile that lie inside the image
  Activation activation;
  // Where squares of 2x2 outputs are pooled, dst holds one element for each, rows and columns are
  // even, there is no residual, and the activation is one of kActivationsInRegisters.
  Pooling pooling;
};

// G_h g G_w^T of kWinogradFilters filters, computed in double and rounded once. Weight k (row by
// row) of filter f is filters[k * kWinogradFilters + f]; its point p goes to points[p *
// point_stride + f].
using WinogradWeights = void (*)(const WinogradForm& form, const float* filters, float* points,
                                 int64_t point_stride);

// Whether a form of stride 1 has so many points for its taps that late weights may pay, which are
// transformed each time they are used: reading them as points takes longer.
constexpr bool winograd_may_be_late(int points, int taps, int stride) {
  return stride == 1 && points > 3 * taps;
}

// The same as WinogradWeights in float, for forms that may be late.
using WinogradFilters = void (*)(const float* filters, float* points, int64_t point_stride);

// Taps [vector][channel][tap][lanes] of kLateChannels channels, `vector_stride` from vector to
// vector, to points [point][channel][vector][lanes].
using WinogradLateFilters = void (*)(const float* taps, int64_t vector_stride, float* points);

// Adds their products at every point to the sums of a few tiles.
struct WinogradProducts {
  const float* weights;  // such points
  const float* points;   // channel i of tile t at point p: p * point_stride + t * tile_stride + i
  int64_t point_stride, tile_stride;
  float* sums;  // [tiles / 4][point][4 tiles or the rest][vector][lanes]
  int64_t tiles;
  int point_count;
  const float* next;  // taps, of which each point fetches a line for each vector into L2 ...
  int64_t next_step;  // ... so many floats further on
  int64_t next_vector;
};

struct WinogradTransforms {
  void (*input)(const WinogradInput&);
  void (*output)(const WinogradOutput&);
  void (*pooled_output)(const WinogradOutput&);  // null for forms with an odd number of outputs
  WinogradWeights weights;
  // Null for forms that are never late; the latter for one vector of outputs and for two.
  WinogradFilters filters;
  WinogradLateFilters late_filters[kLateVectors];
  void (*late_products[kLateVectors])(const WinogradProducts&);
};

// In the order of winograd_forms.
namespace avx512 {
extern const WinogradTransforms winograd_transforms[kWinogradForms];
}
namespace avx2 {
extern const WinogradTransforms winograd_transforms[kWinogradForms];
}
namespace portable {
extern const WinogradTransforms winograd_transforms[kWinogradForms];
}

}  // namespace striate

#endif  // STRIATE_KERNELS_WINOGRAD_WINOGRAD_H
