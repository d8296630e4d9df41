// The matrix product rows of the kernel table.
#include "dispatch/cpu_features.h"
#include "kernels/families.h"
#include "kernels/gemm/gemm_direct.h"
#include "kernels/gemm/gemm_igemm.h"

namespace striate {
namespace {

std::string can_do_igemm(const Request& request, const KernelEntry& entry) {
  if (static_cast<const IgemmTiles*>(entry.variant)->streams && request.constant(1) == nullptr)
    return "b is not constant";
  return GemmIgemm::can_do(request);
}

std::unique_ptr<Kernel> create_igemm(const Request& request, const KernelEntry& entry) {
  return std::make_unique<GemmIgemm>(request, *static_cast<const IgemmTiles*>(entry.variant));
}

std::string discourages_few_rows(const Request& request, const KernelEntry& entry) {
  return few_rows_reason(*static_cast<const IgemmTiles*>(entry.variant),
                         gemm_geometry(request).rows());
}

std::string can_do_direct(const Request&, const KernelEntry&) { return ""; }

std::unique_ptr<Kernel> create_direct(const Request& request, const KernelEntry&) {
  return std::make_unique<GemmDirect>(request);
}

}  // namespace

void add_gemm_kernels(std::vector<KernelEntry>& table) {
  const auto add = [&](const IgemmTiles& t, auto discourages) {
    const std::string tile =
        std::to_string(t.most_rows()) + "x" + std::to_string(t.vectors * t.lanes);
    table.push_back({std::string("gemm/igemm/f32/row/") + isa_name(t.isa) + "/" + tile,
                     STRIATE_OP_GEMM, t.isa, can_do_igemm, create_igemm, &t, discourages, true});
  };
  for (const IgemmTiles* const* tiles = kIgemmTiles; *tiles != nullptr; ++tiles) {
    if ((*tiles)->few_rows != nullptr) add(*(*tiles)->few_rows, discourages_few_rows);
    add(**tiles, nullptr);
  }
  table.push_back({"gemm/direct/f32/any/portable/1x1", STRIATE_OP_GEMM, STRIATE_ISA_PORTABLE,
                   can_do_direct, create_direct, nullptr});
}

}  // namespace striate
