// POOL: check, kernel, table entries. The arithmetic is the window engine's (kernels/window).
#include "base/aligned_buffer.h"
#include "base/checked.h"
#include "dispatch/kernel.h"
#include "kernels/isa_list.h"
#include "kernels/op_families.h"
#include "kernels/request_checks.h"
#include "kernels/window/window.h"

namespace striate {
namespace {

using LL = long long;

constexpr int64_t kMaxSize = int64_t{1} << 31;   // of kernel, stride, dilation, padding
constexpr int64_t kMaxTable = int64_t{1} << 26;  // output indices of one axis: 2.5 GB of tables

void check_size(const char* name, int axis, int64_t value, int64_t least) {
  if (value < least || value > kMaxSize)
    fail(STRIATE_INVALID_ARGUMENT, "pool: %s[%d] is %lld; it must be %lld to 2^31", name, axis,
         LL(value), LL(least));
}

std::vector<WindowAxis> axes_of(const Request& request) {
  const auto& p = request.params<striate_pool_params>();
  std::vector<WindowAxis> axes;
  for (int i = 0; i < p.spatial_rank; ++i)
    axes.push_back({i + 2, p.kernel[i], p.stride[i], p.dilation[i], p.pad_begin[i], p.pad_end[i],
                    p.kind == STRIATE_POOL_AVERAGE_INCLUDE_PAD});
  return axes;
}

WindowFold fold_of(const striate_pool_params& p) {
  switch (p.kind) {
    case STRIATE_POOL_MAX:
      return WindowFold::kMax;
    case STRIATE_POOL_LP:
      return p.p == 1 ? WindowFold::kL1 : p.p == 2 ? WindowFold::kL2 : WindowFold::kLp;
    case STRIATE_POOL_WEIGHTED:
      return WindowFold::kWeighted;
    default:
      return WindowFold::kAverage;
  }
}

// Reading a tap costs about an eighth of writing an element.
int64_t cost_of(const striate_pool_params& p) {
  int64_t taps = 1;
  for (int i = 0; i < p.spatial_rank; ++i)
    if (__builtin_mul_overflow(taps, p.kernel[i], &taps)) return 4096;
  return std::min<int64_t>(1 + taps / 8, 4096);
}

bool is_dense(const Tensor& t) {
  int64_t step = 1;
  for (int d = t.rank - 1; d >= 0; --d) {
    if (t.dims[d] != 1 && t.strides[d] != step) return false;
    step *= t.dims[d];
  }
  return true;
}

class PoolKernel : public Kernel {
 public:
  PoolKernel(const Request& request, const WindowFunctions& functions)
      : tables_(request.src(0), request.dst(), axes_of(request),
                fold_of(request.params<striate_pool_params>()), request.threads(),
                cost_of(request.params<striate_pool_params>())) {
    const auto& p = request.params<striate_pool_params>();
    tables_.plan().p = p.p;
    function_ = functions.fold[static_cast<int>(fold_of(p))];
    if (p.kind != STRIATE_POOL_WEIGHTED || request.constant(1) == nullptr) return;
    const Tensor& w = request.src(1);
    weights_ = AlignedBuffer(element_count(w));
    int64_t at = 0;
    for (int64_t a = 0; a < w.dims[0]; ++a)
      for (int64_t b = 0; b < (w.rank > 1 ? w.dims[1] : 1); ++b)
        for (int64_t c = 0; c < (w.rank > 2 ? w.dims[2] : 1); ++c)
          weights_.data()[at++] =
              request.constant_f32(1)[a * w.strides[0] + (w.rank > 1 ? b * w.strides[1] : 0) +
                                      (w.rank > 2 ? c * w.strides[2] : 0)];
  }
  void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
           void*) const noexcept override {
    const float* at[2] = {static_cast<const float*>(src[0]), weights_.data()};
    if (tables_.plan().fold == WindowFold::kWeighted && weights_.size() == 0)
      at[1] = static_cast<const float*>(src[1]);
    function_(tables_.plan(), at, static_cast<float*>(dst[0]), first, last);
  }
  int64_t tiles() const override { return tables_.plan().tiles; }
  int64_t packed_bytes() const override { return tables_.bytes() + weights_.bytes(); }

 private:
  WindowTables tables_;
  WindowFunction function_;
  AlignedBuffer weights_;
};

struct Variant {
  const WindowFunctions* functions;
  const char* name;
  uint32_t kinds;  // bit i: striate_pool_kind i
  bool channels_last;
};

std::string can_do(const Request& request, const KernelEntry& entry) {
  const auto& variant = *static_cast<const Variant*>(entry.variant);
  const auto& p = request.params<striate_pool_params>();
  if ((variant.kinds >> p.kind & 1) == 0)
    return "the pooling kind is " + std::to_string(p.kind) + ", which is no " + variant.name;
  if (p.kind == STRIATE_POOL_WEIGHTED && request.constant(1) == nullptr &&
      !is_dense(request.src(1)))
    return "the window weights are given at run and are not dense";
  if (!variant.channels_last) return "";
  const Tensor &x = request.src(0), &y = request.dst();
  const int lane = window_lane_dimension(x, y, axes_of(request));
  if (lane >= 2 || stride_or(x, lane, 1) != 1 || stride_or(y, lane, 1) != 1)
    return "the channels of x or dst are not adjacent";
  return "";
}

std::unique_ptr<Kernel> create(const Request& request, const KernelEntry& entry) {
  return std::make_unique<PoolKernel>(request,
                                      *static_cast<const Variant*>(entry.variant)->functions);
}

void check_window(const striate_pool_params& p, const Tensor& x, const Tensor& y) {
  for (int i = 0; i < p.spatial_rank; ++i) {
    check_size("kernel", i, p.kernel[i], 1);
    check_size("stride", i, p.stride[i], 1);
    check_size("dilation", i, p.dilation[i], 1);
    check_size("pad_begin", i, p.pad_begin[i], 0);
    check_size("pad_end", i, p.pad_end[i], 0);
    const int64_t in = x.dims[2 + i], out = y.dims[2 + i];
    const int64_t reach = checked_mul(p.dilation[i], p.kernel[i] - 1, "the dilated window") + 1;
    if (p.pad_begin[i] >= reach || p.pad_end[i] >= reach)
      fail(STRIATE_INVALID_ARGUMENT,
           "pool: padding %lld+%lld in spatial dimension %d must be smaller than the window, which "
           "reaches "
           "over %lld",
           LL(p.pad_begin[i]), LL(p.pad_end[i]), i, LL(reach));
    const int64_t room = checked_add(in, p.pad_begin[i] + p.pad_end[i], "the padded input");
    if (room < reach)
      fail(STRIATE_INVALID_ARGUMENT,
           "pool: the window reaches over %lld in spatial dimension %d, but the padded input has "
           "%lld",
           LL(reach), i, LL(room));
    const int64_t down = (room - reach) / p.stride[i] + 1;
    const int64_t up = ceil_div(room - reach, p.stride[i]) + 1;
    if (out != down && out != up)
      fail(STRIATE_INVALID_ARGUMENT,
           "pool: spatial dimension %d of dst is %lld, but pooling %lld gives %lld, or %lld "
           "rounded up",
           i, LL(out), LL(in), LL(down), LL(up));
    if (out > kMaxTable)
      fail(STRIATE_UNSUPPORTED, "pool: spatial dimension %d of dst is %lld; at most 2^26 here", i,
           LL(out));
  }
}

}  // namespace

void check_pooling(const striate_pool_params& p, const Tensor& x, const Tensor& y) {
  if (p.kind < STRIATE_POOL_MAX || p.kind > STRIATE_POOL_WEIGHTED)
    fail(STRIATE_INVALID_ARGUMENT, "pool: kind is %d, which is no striate_pool_kind", p.kind);
  if (p.spatial_rank < 1 || p.spatial_rank > 3)
    fail(STRIATE_INVALID_ARGUMENT, "pool: spatial_rank is %d; it must be 1, 2 or 3",
         p.spatial_rank);
  if (p.kind == STRIATE_POOL_LP && !(p.p >= 1 && p.p < __builtin_inff()))
    fail(STRIATE_INVALID_ARGUMENT, "pool: p is %g; it must be finite and at least 1",
         static_cast<double>(p.p));
  const int rank = 2 + p.spatial_rank;
  if (x.rank != rank || y.rank != rank || x.dims[0] != y.dims[0] || x.dims[1] != y.dims[1])
    fail(STRIATE_INVALID_ARGUMENT,
         "pool: x %s and dst %s must both be N, C and %d spatial dimensions with equal N and C",
         dims_text(x).c_str(), dims_text(y).c_str(), p.spatial_rank);
  check_window(p, x, y);
}

void check_pool(const Request& request) {
  const auto& p = request.params<striate_pool_params>();
  check_operands(request, "pool", p.kind == STRIATE_POOL_WEIGHTED ? 2 : 1);
  check_f32(request, "pool");
  check_pooling(p, request.src(0), request.dst());
  if (p.kind == STRIATE_POOL_WEIGHTED) {
    const Tensor& w = request.src(1);
    bool fits = w.rank == p.spatial_rank;
    for (int i = 0; fits && i < p.spatial_rank; ++i) fits = w.dims[i] == p.kernel[i];
    if (!fits)
      fail(STRIATE_INVALID_ARGUMENT,
           "pool: the window weights are %s; they should be the kernel's size",
           dims_text(w).c_str());
  }
}

void add_pool_kernels(std::vector<KernelEntry>& table) {
  static const struct {
    const char* name;
    uint32_t kinds;
  } kinds[] = {{"pool_max", 1u << STRIATE_POOL_MAX},
               {"pool_average",
                1u << STRIATE_POOL_AVERAGE_INCLUDE_PAD | 1u << STRIATE_POOL_AVERAGE_EXCLUDE_PAD},
               {"pool_lp", 1u << STRIATE_POOL_LP},
               {"pool_weighted", 1u << STRIATE_POOL_WEIGHTED}};
  static std::vector<std::unique_ptr<Variant>> variants;
  for (const auto& kind : kinds) {
#define STRIATE_ADD(space, isa, lanes)                                                    \
  for (const bool channels_last : {true, false}) {                                        \
    variants.push_back(std::make_unique<Variant>(                                         \
        Variant{&space::window_functions, kind.name, kind.kinds, channels_last}));        \
    table.push_back({std::string(kind.name) + "/window/f32/" +                            \
                         (channels_last ? "nhwc/" #space "/c" : "strided/" #space "/v") + \
                         std::to_string(channels_last ? 4 * (lanes) : (lanes)),           \
                     STRIATE_OP_POOL, isa, can_do, create, variants.back().get()});       \
  }
    STRIATE_EACH_ISA(STRIATE_ADD)
#undef STRIATE_ADD
  }
}

}  // namespace striate
