#include <math.h>

#include "kernels/winograd/winograd.h"

namespace striate {

void winograd_weights(int m, const double weights[9], float* points) {
  // Row j: the powers of point j over the product of its distances to the other points; the point
  // at infinity takes the last tap.
  const double s = sqrt(0.5), r = sqrt(2.0);
  const double g4[6][3] = {{1, 0, 0},
                           {-2.0 / 3, -2.0 / 3 * s, -1.0 / 3},
                           {-2.0 / 3, 2.0 / 3 * s, -1.0 / 3},
                           {1.0 / 6, r / 6, 1.0 / 3},
                           {1.0 / 6, -r / 6, 1.0 / 3},
                           {0, 0, 1}};
  const double g2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  const double(*g)[3] = m == 4 ? g4 : g2;
  const int n = m + 2;
  for (int i = 0; i < n; ++i) {
    double row[3];
    for (int k = 0; k < 3; ++k)
      row[k] = g[i][0] * weights[k] + g[i][1] * weights[3 + k] + g[i][2] * weights[6 + k];
    for (int j = 0; j < n; ++j)
      points[i * n + j] =
          static_cast<float>(row[0] * g[j][0] + row[1] * g[j][1] + row[2] * g[j][2]);
  }
}

}  // namespace striate
