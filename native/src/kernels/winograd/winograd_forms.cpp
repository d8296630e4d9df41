#include "kernels/winograd/winograd.h"
#include "kernels/winograd/winograd_matrices.h"

namespace striate {
namespace {

template <int M, int R>
constexpr WinogradMatrices<M, R> kMatrices = winograd_matrices<M, R>();

template <int M, int R>
constexpr WinogradAxis axis() {
  return {M, R, &kMatrices<M, R>.g[0][0]};
}

}  // namespace

// 3x3 kernels go without saying.
#define STRIATE_FORM(mh, rh, mw, rw, fast)                                             \
  {(rh) == 3 && (rw) == 3 ? #mh "x" #mw : #mh "x" #mw "-" #rh "x" #rw, axis<mh, rh>(), \
   axis<mw, rw>(), fast},
constinit const WinogradForm winograd_forms[kWinogradForms] = {
    STRIATE_EACH_WINOGRAD_FORM(STRIATE_FORM)};
#undef STRIATE_FORM

void winograd_weights(const WinogradForm& form, const double* weights, float* points) {
  const WinogradAxis &h = form.h, &w = form.w;
  for (int i = 0; i < h.points(); ++i) {
    double row[kMaxWinogradTaps] = {};
    for (int l = 0; l < h.taps; ++l)
      for (int k = 0; k < w.taps; ++k) row[k] += h.g[i * h.taps + l] * weights[l * w.taps + k];
    for (int j = 0; j < w.points(); ++j) {
      double sum = 0;
      for (int k = 0; k < w.taps; ++k) sum += row[k] * w.g[j * w.taps + k];
      *points++ = static_cast<float>(sum);
    }
  }
}

}  // namespace striate
