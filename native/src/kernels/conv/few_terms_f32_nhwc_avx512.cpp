#define STRIATE_ISA avx512
#include "kernels/conv/few_terms_simd.h"

namespace striate {
namespace avx512 {

constinit const FewTerms few_terms = make_few_terms(STRIATE_ISA_AVX512);

}  // namespace avx512
}  // namespace striate
