// RESIZE: check, kernels, table entries.
#include "kernels/resize/resize.h"

#include "base/failure.h"
#include "kernels/gather/gather_kernel.h"
#include "kernels/isa_list.h"
#include "kernels/op_families.h"
#include "kernels/request_checks.h"

namespace striate {
namespace {

constexpr int64_t kMaxTable = int64_t{1} << 24;  // beyond, an f32 coordinate skips pixels

std::vector<std::vector<ResizePoint>> points_of(const Request& request) {
  std::vector<std::vector<ResizePoint>> points;
  for (int d = 2; d < request.dst().rank; ++d)
    points.push_back(
        resize_points(request.params<striate_resize_params>(), request.src(0), request.dst(), d));
  return points;
}

class ResizeLinearKernel : public Kernel {
 public:
  ResizeLinearKernel(const Request& request, ResizeFunction function)
      : tables_(request.src(0), request.dst(), points_of(request), request.threads()),
        function_(function) {}
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void*) const noexcept override {
    function_(tables_.plan(), static_cast<const float*>(src[0]), static_cast<float*>(dst[0]), first,
              last);
  }
  int64_t tiles() const override { return tables_.plan().tiles; }
  int64_t packed_bytes() const override { return tables_.bytes(); }

 private:
  ResizeTables tables_;
  ResizeFunction function_;
};

struct Variant {
  ResizeFunction linear;  // null: nearest
  GatherFunction gather;
  bool channels_last;
};

std::string can_do(const Request& request, const KernelEntry& entry) {
  const auto& variant = *static_cast<const Variant*>(entry.variant);
  const auto& p = request.params<striate_resize_params>();
  if ((p.mode == STRIATE_RESIZE_LINEAR) != (variant.linear != nullptr))
    return p.mode == STRIATE_RESIZE_LINEAR ? "the mode is linear" : "the mode is nearest";
  if (variant.channels_last && resize_lane_dimension(request.src(0), request.dst()) >= 2)
    return "the channels of x or dst are not adjacent";
  return "";
}

std::unique_ptr<Kernel> create(const Request& request, const KernelEntry& entry) {
  const auto& variant = *static_cast<const Variant*>(entry.variant);
  if (variant.linear != nullptr)
    return std::make_unique<ResizeLinearKernel>(request, variant.linear);
  std::vector<std::vector<int64_t>> source;
  for (int d = 0; d < request.dst().rank; ++d) {
    source.emplace_back();
    if (d < 2)
      for (int64_t i = 0; i < request.dst().dims[d]; ++i) source.back().push_back(i);
    else
      for (const ResizePoint& point :
           resize_points(request.params<striate_resize_params>(), request.src(0), request.dst(), d))
        source.back().push_back(point.below);
  }
  return std::make_unique<GatherKernel>(request, source, 0.0f, variant.gather);
}

}  // namespace

void check_resize(const Request& request) {
  check_operands(request, "resize", 1);
  check_f32(request, "resize");
  const auto& p = request.params<striate_resize_params>();
  if (p.mode < STRIATE_RESIZE_NEAREST || p.mode > STRIATE_RESIZE_LINEAR)
    fail(STRIATE_INVALID_ARGUMENT, "resize: mode is %d, which is no striate_resize_mode", p.mode);
  if (p.coordinates < STRIATE_RESIZE_HALF_PIXEL || p.coordinates > STRIATE_RESIZE_ASYMMETRIC)
    fail(STRIATE_INVALID_ARGUMENT,
         "resize: coordinates is %d, which is no striate_resize_coordinates", p.coordinates);
  if (p.nearest < STRIATE_RESIZE_ROUND_PREFER_FLOOR || p.nearest > STRIATE_RESIZE_CEIL)
    fail(STRIATE_INVALID_ARGUMENT, "resize: nearest is %d, which is no striate_resize_nearest",
         p.nearest);
  const Tensor &x = request.src(0), &y = request.dst();
  if (x.rank != y.rank || x.rank < 3 || x.rank > 5 || x.dims[0] != y.dims[0] ||
      x.dims[1] != y.dims[1])
    fail(STRIATE_INVALID_ARGUMENT,
         "resize: x %s and dst %s must both be N, C and 1 to 3 spatial dimensions with equal N and "
         "C",
         dims_text(x).c_str(), dims_text(y).c_str());
  for (int d = 0; d < x.rank; ++d) {
    if (d >= 2 && !(p.scales[d] > 0 && p.scales[d] < 1e6f))
      fail(STRIATE_INVALID_ARGUMENT, "resize: scales[%d] is %g; it must be positive and below 1e6",
           d, static_cast<double>(p.scales[d]));
    if (y.dims[d] > (d < 2 ? int64_t{1} << 28 : kMaxTable) || (d >= 2 && x.dims[d] > kMaxTable))
      fail(STRIATE_UNSUPPORTED,
           "resize: dimension %d is %lld in x and %lld in dst; above %lld an f32 coordinate skips "
           "pixels",
           d, static_cast<long long>(x.dims[d]), static_cast<long long>(y.dims[d]),
           static_cast<long long>(kMaxTable));
  }
}

void add_resize_kernels(std::vector<KernelEntry>& table) {
#define STRIATE_ADD(space, isa, lanes)                                                             \
  {                                                                                                \
    static const Variant nearest = {nullptr, space::gather_lines, false};                          \
    static const Variant channels = {space::resize_linear, nullptr, true};                         \
    static const Variant strided = {space::resize_linear, nullptr, false};                         \
    table.push_back({"resize_nearest/gather/f32/strided/" #space "/v" #lanes, STRIATE_OP_RESIZE,   \
                     isa, can_do, create, &nearest});                                              \
    table.push_back({"resize_linear/taps/f32/nhwc/" #space "/v" #lanes, STRIATE_OP_RESIZE, isa,    \
                     can_do, create, &channels});                                                  \
    table.push_back({"resize_linear/taps/f32/strided/" #space "/v" #lanes, STRIATE_OP_RESIZE, isa, \
                     can_do, create, &strided});                                                   \
  }
  STRIATE_EACH_ISA(STRIATE_ADD)
#undef STRIATE_ADD
}

}  // namespace striate
