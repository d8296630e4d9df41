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

}  // namespace striate
