// LRN: check, kernels, table entries. Any layout runs on the window engine (kernels/window);
// across channels of a channels-last tensor runs on kernels/lrn/lrn_simd.h.
#include "kernels/lrn/lrn.h"

#include <algorithm>

#include "base/checked.h"
#include "dispatch/kernel.h"
#include "kernels/isa_list.h"
#include "kernels/op_families.h"
#include "kernels/request_checks.h"
#include "kernels/window/window.h"

namespace striate {
namespace {

std::vector<WindowAxis> axes_of(const Request& request) {
  const auto& p = request.params<striate_lrn_params>();
  const int64_t before = (p.size - 1) / 2, after = p.size - 1 - before;
  std::vector<WindowAxis> axes;
  for (int d = p.within ? 2 : 1; d < (p.within ? 4 : 2); ++d)
    axes.push_back({d, p.size, 1, 1, before, after, false});
  return axes;
}

float factor_of(const striate_lrn_params& p) {
  const double n = static_cast<double>(p.size);
  return static_cast<float>(static_cast<double>(p.alpha) / (p.within ? n * n : n));
}

class LrnWindowKernel : public Kernel {
 public:
  LrnWindowKernel(const Request& request, WindowFunction function)
      : tables_(request.src(0), request.dst(), axes_of(request), WindowFold::kLrn,
                request.threads(), 8),
        function_(function) {
    const auto& p = request.params<striate_lrn_params>();
    tables_.plan().k = p.k;
    tables_.plan().beta = p.beta;
    tables_.plan().factor = factor_of(p);
  }
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void*) const noexcept override {
    const float* at[1] = {static_cast<const float*>(src[0])};
    function_(tables_.plan(), at, static_cast<float*>(dst[0]), first, last);
  }
  int64_t tiles() const override { return tables_.plan().tiles; }
  int64_t packed_bytes() const override { return tables_.bytes(); }

 private:
  WindowTables tables_;
  WindowFunction function_;
};

// Walks the pixels of src and dst: a strided loop whose lines are made single elements.
LrnPlan plan_of(const Request& request) {
  const auto& p = request.params<striate_lrn_params>();
  Tensor src = request.src(0), dst = request.dst();
  LrnPlan plan{};
  plan.channels = src.dims[1];
  src.dims[1] = dst.dims[1] = 1;
  const Tensor* srcs[] = {&src};
  plan.pixels = make_strided_loop(dst, srcs, 1, 1, request.threads());
  const int64_t pixels = plan.pixels.lines * plan.pixels.lanes;
  const int64_t wanted = tile_elements(pixels * plan.channels, request.threads());
  plan.pixels_per_tile = std::max<int64_t>(1, wanted / plan.channels);
  plan.tiles = ceil_div(pixels, plan.pixels_per_tile);
  plan.before = (p.size - 1) / 2;
  plan.size = p.size;
  plan.factor = factor_of(p);
  plan.k = p.k;
  plan.beta = p.beta;
  return plan;
}

class LrnChannelsKernel : public Kernel {
 public:
  LrnChannelsKernel(const Request& request, LrnFunction function)
      : plan_(plan_of(request)), function_(function) {}
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void* scratch) const noexcept override {
    function_(plan_, static_cast<const float*>(src[0]), static_cast<float*>(dst[0]), first, last,
              static_cast<float*>(scratch));
  }
  int64_t tiles() const override { return plan_.tiles; }
  int64_t scratch_bytes() const override { return round_up(4 * lrn_scratch_elements(plan_), 64); }

 private:
  LrnPlan plan_;
  LrnFunction function_;
};

struct Variant {
  const WindowFunctions* window;
  LrnFunction channels;  // null: the window engine
};

bool has_adjacent_channels(const Request& request) {
  return stride_or(request.src(0), 1, 1) == 1 && stride_or(request.dst(), 1, 1) == 1;
}

std::string can_do(const Request& request, const KernelEntry& entry) {
  const auto& variant = *static_cast<const Variant*>(entry.variant);
  if (variant.channels == nullptr) return "";
  const auto& p = request.params<striate_lrn_params>();
  if (p.within) return "the window is within a channel, not across";
  if (!has_adjacent_channels(request)) return "the channels of x or dst are not adjacent";
  if (p.size > 64) return "the window of " + std::to_string(p.size) + " channels is above 64";
  return "";
}

std::unique_ptr<Kernel> create(const Request& request, const KernelEntry& entry) {
  const auto& variant = *static_cast<const Variant*>(entry.variant);
  if (variant.channels != nullptr)
    return std::make_unique<LrnChannelsKernel>(request, variant.channels);
  return std::make_unique<LrnWindowKernel>(
      request, variant.window->fold[static_cast<int>(WindowFold::kLrn)]);
}

}  // namespace

int64_t lrn_scratch_elements(const LrnPlan& plan) {
  return round_up(plan.channels, 16) + plan.size + 2 * 16;
}

void check_lrn(const Request& request) {
  check_operands(request, "lrn", 1);
  check_f32(request, "lrn");
  const auto& p = request.params<striate_lrn_params>();
  const Tensor& x = request.src(0);
  check_same_dims(x, "x", request.dst(), "dst", "lrn");
  if (p.within ? x.rank != 4 : x.rank < 2)
    fail(STRIATE_INVALID_ARGUMENT, "lrn: x is %s; it must %s", dims_text(x).c_str(),
         p.within ? "be N, C, H, W for a window within a channel" : "have a channel dimension");
  if (p.size < 1 || p.size > (int64_t{1} << 31))
    fail(STRIATE_INVALID_ARGUMENT, "lrn: size is %lld; it must be 1 to 2^31",
         static_cast<long long>(p.size));
  if (!(p.k > 0) || !(p.alpha >= 0) || !(p.beta == p.beta))
    fail(STRIATE_INVALID_ARGUMENT,
         "lrn: k is %g, alpha %g, beta %g; k > 0, alpha >= 0 and a number for beta are needed",
         static_cast<double>(p.k), static_cast<double>(p.alpha), static_cast<double>(p.beta));
}

void add_lrn_kernels(std::vector<KernelEntry>& table) {
#define STRIATE_ADD(space, isa, lanes)                                                          \
  {                                                                                             \
    static const Variant across = {nullptr, space::lrn_channels};                               \
    static const Variant window = {&space::window_functions, nullptr};                          \
    table.push_back({"lrn/squares/f32/nhwc/" #space "/v" #lanes, STRIATE_OP_LRN, isa, can_do,   \
                     create, &across});                                                         \
    table.push_back({"lrn/window/f32/strided/" #space "/v" #lanes, STRIATE_OP_LRN, isa, can_do, \
                     create, &window});                                                         \
  }
  STRIATE_EACH_ISA(STRIATE_ADD)
#undef STRIATE_ADD
}

}  // namespace striate
