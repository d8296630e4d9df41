// The convolution rows of the kernel table.
#include "dispatch/cpu_features.h"
#include "kernels/conv/conv_direct.h"
#include "kernels/conv/conv_few_terms.h"
#include "kernels/conv/conv_igemm.h"
#include "kernels/conv/conv_pixel_lanes.h"
#include "kernels/conv/conv_strips.h"
#include "kernels/families.h"
#include "kernels/isa_list.h"
#include "kernels/winograd/conv_winograd.h"

namespace striate {

namespace {

const Strips* const kStrips[] = {
#define STRIATE_STRIPS(isa, id, lanes) &isa::depthwise_strips, &isa::group_strips,
    STRIATE_EACH_ISA(STRIATE_STRIPS)
#undef STRIATE_STRIPS
        nullptr};

const PixelLanes* const kPixelLanes[] = {
#define STRIATE_LANES(isa, id, lanes) &isa::pixel_lanes,
    STRIATE_EACH_ISA(STRIATE_LANES)
#undef STRIATE_LANES
        nullptr};

const IgemmTiles& tiles_of(const KernelEntry& entry) {
  return *static_cast<const IgemmTiles*>(entry.variant);
}

template <bool kDepthwise>
std::string can_do_igemm(const Request& request, const KernelEntry&) {
  return ConvIgemm::can_do(request, kDepthwise);
}

template <bool kDepthwise>
std::unique_ptr<Kernel> create_igemm(const Request& request, const KernelEntry& entry) {
  return std::make_unique<ConvIgemm>(request, tiles_of(entry), kDepthwise);
}

std::string discourages_few_rows(const Request& request, const KernelEntry& entry) {
  const ConvGeometry g = conv_geometry(request);
  int64_t pixels = g.n;
  for (int64_t count : g.out) pixels = checked_mul(pixels, count, "the output pixels");
  return few_rows_reason(tiles_of(entry), pixels);
}

// What the entries of a kernel class call, whose variants are of type V.
template <class K, class V>
std::string can_do_with(const Request& request, const KernelEntry& entry) {
  return K::can_do(request, *static_cast<const V*>(entry.variant));
}

template <class K, class V>
std::string discourages_with(const Request& request, const KernelEntry& entry) {
  return K::discourages(request, *static_cast<const V*>(entry.variant));
}

template <class K, class V>
std::unique_ptr<Kernel> create_with(const Request& request, const KernelEntry& entry) {
  return std::make_unique<K>(request, *static_cast<const V*>(entry.variant));
}

// Winograd knows the direct algorithm in general; here what few outputs have besides.
std::string discourages_winograd(const Request& request, const KernelEntry& entry) {
  const auto& winograd = *static_cast<const WinogradVariant*>(entry.variant);
  std::string reason = ConvWinograd::discourages(request, winograd);
  if (!reason.empty()) return reason;
  const ConvGeometry g = conv_geometry(request);
  const double pixels = static_cast<double>(g.out[1] * g.out[2]);
  const double own = ConvWinograd::form_cycles(g, *winograd.form, winograd.tiles->lanes);
  for (const PixelLanes* const* lanes = kPixelLanes; *lanes != nullptr; ++lanes)
    if ((*lanes)->isa == entry.isa && ConvPixelLanes::can_do(request, **lanes).empty() &&
        pixels * ConvPixelLanes::pixel_cycles(g, **lanes) < own)
      return "pixels as lanes are estimated to be faster";
  return "";
}

std::string can_do_direct(const Request&, const KernelEntry&) { return ""; }

std::unique_ptr<Kernel> create_direct(const Request& request, const KernelEntry&) {
  return std::make_unique<ConvDirect>(request);
}

// Kernels of one op; those that pool compute outputs in squares.
void add(std::vector<KernelEntry>& table, const std::string& name, striate_op op) {
  const bool transposed = op == STRIATE_OP_CONV_TRANSPOSE, pools = op == STRIATE_OP_CONV_POOL;
  auto add_tiles = [&](const IgemmTiles& t, const std::string& algorithm, auto can_do, auto create,
                       const void* variant) {
    table.push_back({name + "/" + algorithm + "/f32/nhwc/" + isa_name(t.isa) + "/" +
                         std::to_string(t.most_rows()) + "x" + std::to_string(t.vectors * t.lanes),
                     op, t.isa, can_do, create, variant, nullptr, true});
  };
  for (const Strips* const* s = kStrips; *s != nullptr; ++s)
    if (op == STRIATE_OP_CONV)
      table.push_back({name + ((*s)->grouped() ? "/group-rows" : "/depthwise-rows") + "/f32/nhwc/" +
                           isa_name((*s)->isa) + "/" + std::to_string((*s)->pixels) + "x" +
                           std::to_string((*s)->vectors * (*s)->lanes),
                       op, (*s)->isa, can_do_with<ConvStrips, Strips>,
                       create_with<ConvStrips, Strips>, *s, nullptr, true});
  for (const IgemmTiles* const* t = kDepthwiseTiles; *t != nullptr; ++t)
    if (!pools) add_tiles(**t, "depthwise", can_do_igemm<true>, create_igemm<true>, *t);
  // Per instruction set, so that a narrower Winograd never comes before a wider direct kernel.
  for (const IgemmTiles* const* t = kIgemmTiles; *t != nullptr; ++t) {
    for (const WinogradVariant& v : winograd_variants())
      if (!transposed && v.tiles == *t && (!pools || v.transforms->pooled_output != nullptr)) {
        add_tiles(**t, std::string("winograd") + v.form->name,
                  can_do_with<ConvWinograd, WinogradVariant>,
                  create_with<ConvWinograd, WinogradVariant>, &v);
        table.back().discourages = discourages_winograd;
      }
    for (const PixelLanes* const* p = kPixelLanes; *p != nullptr; ++p)
      if (!transposed && (*p)->isa == (*t)->isa)
        table.push_back({name + "/pixel-lanes/f32/nhwc/" + isa_name((*p)->isa) + "/" +
                             std::to_string((*p)->vectors * (*p)->lanes) + "x" +
                             std::to_string((*p)->outputs),
                         op, (*p)->isa, can_do_with<ConvPixelLanes, PixelLanes>,
                         create_with<ConvPixelLanes, PixelLanes>, *p,
                         discourages_with<ConvPixelLanes, PixelLanes>, true});
#if defined(__x86_64__)
    if (!transposed && (*t)->isa == STRIATE_ISA_AVX512)
      table.push_back({name + "/few-terms/f32/nhwc/avx512/2x32", op, STRIATE_ISA_AVX512,
                       can_do_with<ConvFewTerms, FewTerms>, create_with<ConvFewTerms, FewTerms>,
                       &avx512::few_terms, discourages_with<ConvFewTerms, FewTerms>, true});
#endif
    if (!pools && !transposed && (*t)->few_rows != nullptr) {
      add_tiles(*(*t)->few_rows, "igemm", can_do_igemm<false>, create_igemm<false>, (*t)->few_rows);
      table.back().discourages = discourages_few_rows;
    }
    if (!pools) add_tiles(**t, "igemm", can_do_igemm<false>, create_igemm<false>, *t);
  }
  if (!pools)
    table.push_back({name + "/direct/f32/any/portable/1x1", op, STRIATE_ISA_PORTABLE, can_do_direct,
                     create_direct, nullptr});
}

}  // namespace

void add_conv_kernels(std::vector<KernelEntry>& table) {
  add(table, "conv", STRIATE_OP_CONV);
  add(table, "conv_transpose", STRIATE_OP_CONV_TRANSPOSE);
  add(table, "conv_pool", STRIATE_OP_CONV_POOL);
}

}  // namespace striate
