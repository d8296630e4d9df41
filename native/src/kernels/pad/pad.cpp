// PAD: check and table entries; the copying is the gather engine's (kernels/gather).
#include "base/checked.h"
#include "kernels/gather/gather_kernel.h"
#include "kernels/isa_list.h"
#include "kernels/op_families.h"
#include "kernels/request_checks.h"

namespace striate {
namespace {

using LL = long long;

constexpr int64_t kMaxTable = int64_t{1} << 28;  // output indices of one dimension

int64_t source_index(striate_pad_mode mode, int64_t i, int64_t size) {
  if (i >= 0 && i < size) return i;
  switch (mode) {
    case STRIATE_PAD_REFLECT:
      return i < 0 ? -i : 2 * (size - 1) - i;
    case STRIATE_PAD_EDGE:
      return i < 0 ? 0 : size - 1;
    default:
      return kOutside;
  }
}

struct Variant {
  GatherFunction function;
};

std::string can_do(const Request& request, const KernelEntry&) {
  for (int d = 0; d < request.dst().rank; ++d)
    if (request.dst().dims[d] > kMaxTable)
      return "dimension " + std::to_string(d) + " of dst has " +
             std::to_string(request.dst().dims[d]) + " elements, at most 2^28 are supported";
  return "";
}

std::unique_ptr<Kernel> create(const Request& request, const KernelEntry& entry) {
  const auto& p = request.params<striate_pad_params>();
  const Tensor &x = request.src(0), &y = request.dst();
  std::vector<std::vector<int64_t>> source(static_cast<size_t>(y.rank));
  for (int d = 0; d < y.rank; ++d)
    for (int64_t i = 0; i < y.dims[d]; ++i)
      source[static_cast<size_t>(d)].push_back(source_index(p.mode, i - p.begin[d], x.dims[d]));
  return std::make_unique<GatherKernel>(request, source, p.value,
                                        static_cast<const Variant*>(entry.variant)->function);
}

}  // namespace

void check_pad(const Request& request) {
  check_operands(request, "pad", 1);
  check_f32(request, "pad");
  const auto& p = request.params<striate_pad_params>();
  if (p.mode < STRIATE_PAD_CONSTANT || p.mode > STRIATE_PAD_EDGE)
    fail(STRIATE_INVALID_ARGUMENT, "pad: mode is %d, which is no striate_pad_mode", p.mode);
  const Tensor &x = request.src(0), &y = request.dst();
  if (x.rank != y.rank)
    fail(STRIATE_INVALID_ARGUMENT, "pad: x %s and dst %s must have the same rank",
         dims_text(x).c_str(), dims_text(y).c_str());
  for (int d = 0; d < x.rank; ++d) {
    const int64_t begin = p.begin[d];
    const int64_t most = int64_t{1} << 60;
    if (begin > most || begin < -most)
      fail(STRIATE_INVALID_ARGUMENT, "pad: begin[%d] is %lld; it must lie within +-2^60", d,
           LL(begin));
    const int64_t end = y.dims[d] - x.dims[d] - begin;
    if (p.mode == STRIATE_PAD_REFLECT && (begin >= x.dims[d] || end >= x.dims[d]))
      fail(STRIATE_INVALID_ARGUMENT,
           "pad: %lld before and %lld after dimension %d of x %s; at most %lld can be reflected",
           LL(begin), LL(end), d, dims_text(x).c_str(), LL(x.dims[d] - 1));
  }
}

void add_pad_kernels(std::vector<KernelEntry>& table) {
#define STRIATE_ADD(space, isa, lanes)                                                          \
  {                                                                                             \
    static const Variant variant = {space::gather_lines};                                       \
    table.push_back({"pad/gather/f32/strided/" #space "/v" #lanes, STRIATE_OP_PAD, isa, can_do, \
                     create, &variant});                                                        \
  }
  STRIATE_EACH_ISA(STRIATE_ADD)
#undef STRIATE_ADD
}

}  // namespace striate
