// Fetching memory to come by its pages.
//
// What a network reads once per image, its weights, comes from memory, mostly by pages of 4 KB. The
// hardware's prefetcher runs ahead within a page and starts anew in the next one, whose address has
// to be translated first: two or three times the latency of memory, one after the other. One
// prefetch for a page that is read soon takes both off that path; the prefetcher does the rest.
// Zen 5, one thread, a matrix of 256 MB by one row: 25 GB/s without, 33 with a line per page.
#ifndef STRIATE_BASE_PAGES_SIMD_H
#define STRIATE_BASE_PAGES_SIMD_H

#include "base/simd.h"

namespace striate {
namespace STRIATE_ISA {
namespace {

constexpr int kPage = 1024;     // floats of a page
constexpr int kPagesAhead = 2;  // of what is read line by line; 1 gains less, 4 no more

}  // namespace
}  // namespace STRIATE_ISA
}  // namespace striate

#endif  // STRIATE_BASE_PAGES_SIMD_H
