#include "kernels/winograd/winograd.h"
#include "kernels/winograd/winograd_matrices.h"

namespace striate {
namespace {

template <int M, int R>
constexpr WinogradMatrices<M, R> kMatrices = winograd_matrices<M, R>();

template <int M>
constexpr WinogradStridedFilters<M> kStrided = winograd_strided_filters<M>();

template <int M, int R, int S>
constexpr WinogradAxis axis() {
  if constexpr (S == 2)
    return {M, R, S, &kStrided<M>.g[0][0]};
  else
    return {M, R, S, &kMatrices<M, R>.g[0][0]};
}

}  // namespace

// 3x3 kernels of stride 1 go without saying.
#define STRIATE_FORM(mh, rh, mw, rw, s, fast)                  \
  {(s) == 2                 ? #mh "x" #mw "-" #rh "x" #rw "s2" \
   : (rh) == 3 && (rw) == 3 ? #mh "x" #mw                      \
                            : #mh "x" #mw "-" #rh "x" #rw,     \
   axis<mh, rh, s>(), axis<mw, rw, s>(), fast},
constinit const WinogradForm winograd_forms[kWinogradForms] = {
    STRIATE_EACH_WINOGRAD_FORM(STRIATE_FORM)};
#undef STRIATE_FORM

}  // namespace striate
