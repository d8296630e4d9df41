// REDUCE: check, kernel, table entries.
#include "kernels/reduce/reduce.h"

#include <algorithm>
#include <numeric>

#include "base/checked.h"
#include "dispatch/kernel.h"
#include "kernels/isa_list.h"
#include "kernels/op_families.h"
#include "kernels/request_checks.h"

namespace striate {
namespace {

bool is_reduced(const striate_reduce_params& p, int d) { return (p.axes_mask >> d & 1) != 0; }

// Reduced dimensions by falling stride, neighbours merged.
void fill_reduced(const Tensor& src, const striate_reduce_params& p, ReducePlan* plan) {
  int order[STRIATE_MAX_RANK], rank = 0;
  for (int d = 0; d < src.rank; ++d)
    if (is_reduced(p, d) && src.dims[d] > 1) order[rank++] = d;
  auto magnitude = [&](int d) { return src.strides[d] < 0 ? -src.strides[d] : src.strides[d]; };
  std::stable_sort(order, order + rank, [&](int a, int b) { return magnitude(a) > magnitude(b); });
  for (int i = 0; i < rank; ++i) {
    int64_t size = src.dims[order[i]];
    const int64_t stride = src.strides[order[i]];
    if (plan->rank > 0 && plan->strides[plan->rank - 1] == stride * size)
      size *= plan->dims[--plan->rank];
    plan->dims[plan->rank] = size;
    plan->strides[plan->rank++] = stride;
  }
  plan->run = 1;
  plan->run_stride = 1;
  plan->outer = 1;
  if (plan->rank > 0) {
    plan->run = plan->dims[plan->rank - 1];
    plan->run_stride = plan->strides[plan->rank - 1];
  }
  int64_t count = plan->run;
  for (int d = 0; d + 1 < plan->rank; ++d) {
    plan->outer *= plan->dims[d];
    count *= plan->dims[d];
  }
  plan->count = static_cast<float>(count);
}

ReducePlan plan_of(const Request& request) {
  const auto& p = request.params<striate_reduce_params>();
  ReducePlan plan{};
  fill_reduced(request.src(0), p, &plan);
  Tensor src = request.src(0);
  const Tensor& dst = request.dst();
  for (int d = 0; d < src.rank; ++d)
    if (is_reduced(p, d)) src.dims[d] = 1;
  const Tensor* srcs[] = {&src};
  StridedLoop& loop = plan.loop = make_strided_loop(dst, srcs, 1, 1, request.threads());
  // Cut by elements read instead of by elements written.
  const int64_t cost = std::max<int64_t>(1, plan.run * plan.outer / 2);
  const int64_t work = std::min(loop.lines * loop.lanes, (int64_t{1} << 60) / cost) * cost;
  const int64_t wanted = std::max<int64_t>(1, tile_elements(work, request.threads()) / cost);
  const bool vectors_across = loop.lane_stride[0] == 1 && loop.lane_stride[1] == 1;
  loop.block = std::min(loop.lanes, vectors_across ? round_up(wanted, 64) : wanted);
  loop.blocks = ceil_div(loop.lanes, loop.block);
  loop.units = loop.lines * loop.blocks;
  loop.units_per_tile = std::max<int64_t>(1, wanted / loop.block);
  loop.tiles = ceil_div(loop.units, loop.units_per_tile);
  return plan;
}

class ReduceKernel : public Kernel {
 public:
  ReduceKernel(const Request& request, ReduceFunction function)
      : plan_(plan_of(request)), function_(function) {}
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void*) const noexcept override {
    function_(plan_, static_cast<const float*>(src[0]), static_cast<float*>(dst[0]), first, last);
  }
  int64_t tiles() const override { return plan_.loop.tiles; }

 private:
  ReducePlan plan_;
  ReduceFunction function_;
};

struct Variant {
  const ReduceFunctions* functions;
  bool along;
};

std::string can_do(const Request& request, const KernelEntry& entry) {
  if (!static_cast<const Variant*>(entry.variant)->along) return "";
  ReducePlan plan{};
  fill_reduced(request.src(0), request.params<striate_reduce_params>(), &plan);
  if (plan.rank == 0 || plan.run_stride != 1) return "no reduced dimension of x is contiguous";
  return "";
}

std::unique_ptr<Kernel> create(const Request& request, const KernelEntry& entry) {
  const auto& variant = *static_cast<const Variant*>(entry.variant);
  const int kind = request.params<striate_reduce_params>().kind;
  return std::make_unique<ReduceKernel>(
      request, variant.along ? variant.functions->along[kind] : variant.functions->across[kind]);
}

}  // namespace

void check_reduce(const Request& request) {
  check_operands(request, "reduce", 1);
  check_f32(request, "reduce");
  const auto& p = request.params<striate_reduce_params>();
  if (p.kind < STRIATE_REDUCE_SUM || p.kind > STRIATE_REDUCE_MAX)
    fail(STRIATE_INVALID_ARGUMENT, "reduce: kind is %d, which is no striate_reduce_kind", p.kind);
  const Tensor &x = request.src(0), &y = request.dst();
  if (p.axes_mask >> x.rank != 0)
    fail(STRIATE_INVALID_ARGUMENT, "reduce: axes_mask is 0x%x, but x %s has %d axes", p.axes_mask,
         dims_text(x).c_str(), x.rank);
  bool fits = x.rank == y.rank;
  for (int d = 0; fits && d < x.rank; ++d) fits = y.dims[d] == (is_reduced(p, d) ? 1 : x.dims[d]);
  if (!fits)
    fail(STRIATE_INVALID_ARGUMENT,
         "reduce: dst is %s; it should be x %s with 1 in each axis of the mask 0x%x",
         dims_text(y).c_str(), dims_text(x).c_str(), p.axes_mask);
}

void add_reduce_kernels(std::vector<KernelEntry>& table) {
#define STRIATE_ADD(space, isa, lanes)                                                          \
  {                                                                                             \
    static const Variant along = {&space::reduce_functions, true};                              \
    static const Variant across = {&space::reduce_functions, false};                            \
    table.push_back({"reduce/along/f32/contiguous/" #space "/v" #lanes, STRIATE_OP_REDUCE, isa, \
                     can_do, create, &along});                                                  \
    table.push_back({"reduce/across/f32/strided/" #space "/v" #lanes, STRIATE_OP_REDUCE, isa,   \
                     can_do, create, &across});                                                 \
  }
  STRIATE_EACH_ISA(STRIATE_ADD)
#undef STRIATE_ADD
}

}  // namespace striate
