// COPY: check, kernel, table entries.
#include "kernels/copy/copy.h"

#include <algorithm>

#include "base/checked.h"
#include "dispatch/kernel.h"
#include "kernels/isa_list.h"
#include "kernels/op_families.h"
#include "kernels/request_checks.h"

namespace striate {
namespace {

enum class Mode { kRuns, kTranspose, kStrided };

constexpr int64_t kRowBlock = 256;   // rows of a unit: 1 KB of every lane of src
constexpr int64_t kLaneBlock = 256;  // lanes of a unit

StridedLoop loop_of(const Request& request) {
  const Tensor* srcs[] = {&request.src(0)};
  return make_strided_loop(request.dst(), srcs, 1, 1, request.threads());
}

// The dimension that is contiguous in src, or -1.
int row_dimension(const StridedLoop& loop) {
  for (int d = 0; d < loop.rank; ++d)
    if (loop.strides[1][d] == 1) return d;
  return -1;
}

Mode mode_of(const StridedLoop& loop) {
  if (loop.lane_stride[0] != 1) return Mode::kStrided;
  if (loop.lane_stride[1] == 1) return Mode::kRuns;
  return row_dimension(loop) >= 0 ? Mode::kTranspose : Mode::kStrided;
}

CopyPlan plan_of(const Request& request, Mode mode) {
  CopyPlan plan{};
  plan.loop = loop_of(request);
  StridedLoop& loop = plan.loop;
  plan.rows = plan.row_block = plan.row_blocks = 1;
  if (mode == Mode::kTranspose) {
    const int rows = row_dimension(loop);
    plan.rows = loop.dims[rows];
    plan.dst_row_stride = loop.strides[0][rows];
    plan.row_block = std::min(plan.rows, kRowBlock);
    plan.row_blocks = ceil_div(plan.rows, plan.row_block);
    for (int d = rows; d + 1 < loop.rank; ++d) {
      loop.dims[d] = loop.dims[d + 1];
      for (int k = 0; k < 2; ++k) loop.strides[k][d] = loop.strides[k][d + 1];
    }
    --loop.rank;
    loop.lines /= plan.rows;
    loop.block = std::min(loop.lanes, kLaneBlock);
    loop.blocks = ceil_div(loop.lanes, loop.block);
  }
  plan.units = loop.lines * loop.blocks * plan.row_blocks;
  const int64_t wanted = tile_elements(element_count(request.dst()), request.threads());
  plan.units_per_tile = std::max<int64_t>(1, wanted / (loop.block * plan.row_block));
  plan.tiles = ceil_div(plan.units, plan.units_per_tile);
  return plan;
}

class CopyKernel : public Kernel {
 public:
  CopyKernel(const CopyPlan& plan, CopyFunction function) : plan_(plan), function_(function) {}
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void*) const noexcept override {
    function_(plan_, static_cast<const float*>(src[0]), static_cast<float*>(dst[0]), first, last);
  }
  int64_t tiles() const override { return plan_.tiles; }

 private:
  CopyPlan plan_;
  CopyFunction function_;
};

struct Variant {
  const CopyFunctions* functions;
  Mode mode;
};

std::string can_do(const Request& request, const KernelEntry& entry) {
  const Mode mode = static_cast<const Variant*>(entry.variant)->mode;
  const StridedLoop loop = loop_of(request);
  if (mode == Mode::kStrided || mode == mode_of(loop)) return "";
  if (mode == Mode::kRuns) return "the fastest dimension of dst has no stride 1 in both x and dst";
  return "dst has no dimension of stride 1 while x has another one";
}

std::unique_ptr<Kernel> create(const Request& request, const KernelEntry& entry) {
  const auto& variant = *static_cast<const Variant*>(entry.variant);
  const CopyFunctions& f = *variant.functions;
  return std::make_unique<CopyKernel>(plan_of(request, variant.mode),
                                      variant.mode == Mode::kRuns        ? f.runs
                                      : variant.mode == Mode::kTranspose ? f.transpose
                                                                         : f.strided);
}

}  // namespace

void check_copy(const Request& request) {
  check_operands(request, "copy", 1);
  check_f32(request, "copy");
  check_same_dims(request.src(0), "x", request.dst(), "dst", "copy");
}

void add_copy_kernels(std::vector<KernelEntry>& table) {
#define STRIATE_ADD(space, isa, lanes)                                                             \
  {                                                                                                \
    static const Variant runs = {&space::copy_functions, Mode::kRuns};                             \
    static const Variant transpose = {&space::copy_functions, Mode::kTranspose};                   \
    static const Variant strided = {&space::copy_functions, Mode::kStrided};                       \
    table.push_back({"copy/runs/f32/contiguous/" #space "/v" #lanes, STRIATE_OP_COPY, isa, can_do, \
                     create, &runs});                                                              \
    table.push_back({"copy/transpose/f32/strided/" #space "/4x4", STRIATE_OP_COPY, isa, can_do,    \
                     create, &transpose});                                                         \
    table.push_back({"copy/elements/f32/strided/" #space "/1", STRIATE_OP_COPY, isa, can_do,       \
                     create, &strided});                                                           \
  }
  STRIATE_EACH_ISA(STRIATE_ADD)
#undef STRIATE_ADD
}

}  // namespace striate
