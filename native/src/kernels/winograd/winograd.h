// Winograd convolution: the transforms of one tile, for each instruction set.
//
// A tile of m x m outputs of a 3x3 convolution of stride 1 is
//
//   Y = A^T [ sum_c (G g_c G^T) . (B^T d_c B) ] A
//
// with "." element by element, g_c the 3x3 weights and d_c the a x a inputs of channel c, a = m +
// 2: a^2 products for 9 m^2. The sum over channels is, for each of the a^2 points, a matrix product
// of tiles x channels with channels x outputs, which the implicit GEMM's micro tiles compute.
//
// F(4x4,3x3) uses the points 0, +-sqrt(1/2), +-sqrt(2) and infinity, a = 6: 36 products for 144, 4x
//   fewer. Their powers stay nearer to 1 than those of 0, +-1, +-2: less rounding error.
// F(2x2,3x3) uses 0, +-1 and infinity, a = 4: 16 products for 36, 2.25x fewer.
//
// Sources: Winograd, Arithmetic complexity of computations (SIAM 1980); Lavin & Gray,
// arXiv:1509.09308; points: Barabasz et al., arXiv:1803.10986.
#ifndef STRIATE_KERNELS_WINOGRAD_WINOGRAD_H
#define STRIATE_KERNELS_WINOGRAD_WINOGRAD_H

#include <stdint.h>

#include "kernels/activation/activation.h"

namespace striate {

constexpr int kMaxWinogradPoints = 36;

// One tile's inputs to the points of all its channels.
struct WinogradInput {
  const float* const* src;  // a*a pointers to pixels, row by row; a row of zeros outside
  int64_t channels;
  float* dst;            // point p of channel c goes to dst[p * point_stride + c]
  int64_t point_stride;  // channels rounded up to lanes are written
};

// The points of all its outputs to one tile's outputs.
struct WinogradOutput {
  const float* src;      // point p of output c is src[p * point_stride + c]
  int64_t point_stride;  // channels rounded up to lanes are read
  int64_t channels;
  const float* bias;  // channels rounded up to lanes
  float* dst;         // of the tile's first pixel
  int64_t dst_row, dst_column;
  const float* residual;  // or null
  int64_t residual_row, residual_column;
  int rows, columns;  // of the tile that lie inside the image, 1 .. m
  Activation activation;
};

struct WinogradTransforms {
  void (*input)(const WinogradInput&);
  void (*output)(const WinogradOutput&);
};

namespace avx512 {
extern const WinogradTransforms winograd2, winograd4;
}
namespace avx2 {
extern const WinogradTransforms winograd2, winograd4;
}
namespace portable {
extern const WinogradTransforms winograd2, winograd4;
}

// G g G^T of one 3x3 filter, rounded once, into a*a values; m is 2 or 4.
void winograd_weights(int m, const double weights[9], float* points);

}  // namespace striate

#endif  // STRIATE_KERNELS_WINOGRAD_WINOGRAD_H
