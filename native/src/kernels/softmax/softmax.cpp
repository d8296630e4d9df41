// SOFTMAX: check, kernel, table entries.
#include "kernels/softmax/softmax.h"

#include <algorithm>

#include "base/checked.h"
#include "dispatch/kernel.h"
#include "kernels/isa_list.h"
#include "kernels/op_families.h"
#include "kernels/request_checks.h"

namespace striate {
namespace {

constexpr int64_t kExpCost = 4;  // an exponential, in units of an element copied

SoftmaxPlan plan_of(const Request& request) {
  const auto& p = request.params<striate_softmax_params>();
  Tensor src = request.src(0), dst = request.dst();
  SoftmaxPlan plan{};
  plan.axis = dst.dims[p.axis];
  plan.src_stride = stride_or(src, p.axis, 1);
  plan.dst_stride = stride_or(dst, p.axis, 1);
  plan.log = p.log != 0;
  src.dims[p.axis] = dst.dims[p.axis] = 1;
  const Tensor* srcs[] = {&src};
  StridedLoop& loop = plan.loop = make_strided_loop(dst, srcs, 1, 1, request.threads());
  // Cut by the work of whole axes instead of by elements.
  const int64_t count = loop.lines * loop.lanes;
  const int64_t cost = std::min(plan.axis, int64_t{1} << 40) * kExpCost;
  const int64_t work = std::min<int64_t>(count, (int64_t{1} << 60) / cost) * cost;
  const int64_t wanted = std::max<int64_t>(1, tile_elements(work, request.threads()) / cost);
  loop.block = std::min(loop.lanes, std::max<int64_t>(wanted, loop.lane_stride[0] == 1 ? 16 : 1));
  loop.blocks = ceil_div(loop.lanes, loop.block);
  loop.units = loop.lines * loop.blocks;
  loop.units_per_tile = std::max<int64_t>(1, wanted / loop.block);
  loop.tiles = ceil_div(loop.units, loop.units_per_tile);
  return plan;
}

class SoftmaxKernel : public Kernel {
 public:
  SoftmaxKernel(const Request& request, SoftmaxFunction function)
      : plan_(plan_of(request)), function_(function) {}
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void*) const noexcept override {
    function_(plan_, static_cast<const float*>(src[0]), static_cast<float*>(dst[0]), first, last);
  }
  int64_t tiles() const override { return plan_.loop.tiles; }

 private:
  SoftmaxPlan plan_;
  SoftmaxFunction function_;
};

struct Variant {
  const SoftmaxFunctions* functions;
  bool rows;
};

std::string can_do(const Request& request, const KernelEntry& entry) {
  if (!static_cast<const Variant*>(entry.variant)->rows) return "";
  const int32_t axis = request.params<striate_softmax_params>().axis;
  if (stride_or(request.src(0), axis, 1) != 1 || stride_or(request.dst(), axis, 1) != 1)
    return "axis " + std::to_string(axis) + " is not contiguous in x and dst";
  return "";
}

std::unique_ptr<Kernel> create(const Request& request, const KernelEntry& entry) {
  const auto& variant = *static_cast<const Variant*>(entry.variant);
  return std::make_unique<SoftmaxKernel>(
      request, variant.rows ? variant.functions->rows : variant.functions->lanes);
}

}  // namespace

void check_softmax(const Request& request) {
  check_operands(request, "softmax", 1);
  check_f32(request, "softmax");
  check_same_dims(request.src(0), "x", request.dst(), "dst", "softmax");
  check_axis(request.params<striate_softmax_params>().axis, request.src(0), "softmax");
}

void add_softmax_kernels(std::vector<KernelEntry>& table) {
#define STRIATE_ADD(space, isa, width)                                                           \
  {                                                                                              \
    static const Variant rows = {&space::softmax_functions, true};                               \
    static const Variant lanes = {&space::softmax_functions, false};                             \
    table.push_back({"softmax/rows/f32/contiguous/" #space "/v" #width, STRIATE_OP_SOFTMAX, isa, \
                     can_do, create, &rows});                                                    \
    table.push_back({"softmax/lanes/f32/strided/" #space "/v" #width, STRIATE_OP_SOFTMAX, isa,   \
                     can_do, create, &lanes});                                                   \
  }
  STRIATE_EACH_ISA(STRIATE_ADD)
#undef STRIATE_ADD
}

}  // namespace striate
