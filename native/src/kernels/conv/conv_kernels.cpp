// The convolution rows of the kernel table.
#include "dispatch/cpu_features.h"
#include "kernels/conv/conv_depthwise.h"
#include "kernels/conv/conv_direct.h"
#include "kernels/conv/conv_few_terms.h"
#include "kernels/conv/conv_igemm.h"
#include "kernels/conv/conv_pixel_lanes.h"
#include "kernels/families.h"
#include "kernels/isa_list.h"
#include "kernels/winograd/conv_winograd.h"

namespace striate {

const DepthwiseStrips* const kDepthwiseStrips[] = {
#define STRIATE_STRIPS(isa, id, lanes) &isa::depthwise_strips,
    STRIATE_EACH_ISA(STRIATE_STRIPS)
#undef STRIATE_STRIPS
        nullptr};

namespace {

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

const WinogradVariant& winograd_of(const KernelEntry& entry) {
  return *static_cast<const WinogradVariant*>(entry.variant);
}

std::string can_do_winograd(const Request& request, const KernelEntry& entry) {
  return ConvWinograd::can_do(request, winograd_of(entry));
}

std::string discourages_winograd(const Request& request, const KernelEntry& entry) {
  return ConvWinograd::discourages(request, winograd_of(entry));
}

std::unique_ptr<Kernel> create_winograd(const Request& request, const KernelEntry& entry) {
  return std::make_unique<ConvWinograd>(request, winograd_of(entry));
}

std::string can_do_rows(const Request& request, const KernelEntry&) {
  return ConvDepthwise::can_do(request);
}

std::unique_ptr<Kernel> create_rows(const Request& request, const KernelEntry& entry) {
  return std::make_unique<ConvDepthwise>(request,
                                         *static_cast<const DepthwiseStrips*>(entry.variant));
}

const PixelLanes& lanes_of(const KernelEntry& entry) {
  return *static_cast<const PixelLanes*>(entry.variant);
}

std::string can_do_lanes(const Request& request, const KernelEntry& entry) {
  return ConvPixelLanes::can_do(request, lanes_of(entry));
}

std::string discourages_lanes(const Request& request, const KernelEntry& entry) {
  return ConvPixelLanes::discourages(request, lanes_of(entry));
}

std::unique_ptr<Kernel> create_lanes(const Request& request, const KernelEntry& entry) {
  return std::make_unique<ConvPixelLanes>(request, lanes_of(entry));
}

const FewTerms& terms_of(const KernelEntry& entry) {
  return *static_cast<const FewTerms*>(entry.variant);
}

std::string can_do_terms(const Request& request, const KernelEntry& entry) {
  return ConvFewTerms::can_do(request, terms_of(entry));
}

std::string discourages_terms(const Request& request, const KernelEntry& entry) {
  return ConvFewTerms::discourages(request, terms_of(entry));
}

std::unique_ptr<Kernel> create_terms(const Request& request, const KernelEntry& entry) {
  return std::make_unique<ConvFewTerms>(request, terms_of(entry));
}

std::string can_do_direct(const Request&, const KernelEntry&) { return ""; }

std::unique_ptr<Kernel> create_direct(const Request& request, const KernelEntry&) {
  return std::make_unique<ConvDirect>(request);
}

}  // namespace

void add_conv_kernels(std::vector<KernelEntry>& table) {
  const char* const names[] = {"conv", "conv_transpose"};
  const striate_op ops[] = {STRIATE_OP_CONV, STRIATE_OP_CONV_TRANSPOSE};
  for (int i = 0; i < 2; ++i) {
    const std::string name = names[i];
    auto add = [&](const IgemmTiles& t, const std::string& algorithm, auto can_do, auto create,
                   const void* variant) {
      table.push_back({name + "/" + algorithm + "/f32/nhwc/" + isa_name(t.isa) + "/" +
                           std::to_string(t.max_rows[t.vectors - 1]) + "x" +
                           std::to_string(t.vectors * t.lanes),
                       ops[i], t.isa, can_do, create, variant, nullptr, true});
    };
    for (const DepthwiseStrips* const* s = kDepthwiseStrips; i == 0 && *s != nullptr; ++s)
      table.push_back({name + "/depthwise-rows/f32/nhwc/" + isa_name((*s)->isa) + "/" +
                           std::to_string((*s)->pixels) + "x" + std::to_string((*s)->lanes),
                       ops[i], (*s)->isa, can_do_rows, create_rows, *s, nullptr, true});
    for (const IgemmTiles* const* t = kDepthwiseTiles; *t != nullptr; ++t)
      add(**t, "depthwise", can_do_igemm<true>, create_igemm<true>, *t);
    // Per instruction set, so that a narrower Winograd never comes before a wider direct kernel.
    for (const IgemmTiles* const* t = kIgemmTiles; *t != nullptr; ++t) {
      for (const WinogradVariant& v : winograd_variants())
        if (ops[i] == STRIATE_OP_CONV && v.tiles == *t) {
          add(**t, std::string("winograd") + v.form->name, can_do_winograd, create_winograd, &v);
          table.back().discourages = discourages_winograd;
        }
      for (const PixelLanes* const* p = kPixelLanes; i == 0 && *p != nullptr; ++p)
        if ((*p)->isa == (*t)->isa)
          table.push_back({name + "/pixel-lanes/f32/nhwc/" + isa_name((*p)->isa) + "/" +
                               std::to_string((*p)->vectors * (*p)->lanes) + "x" +
                               std::to_string((*p)->lanes / 2),
                           ops[i], (*p)->isa, can_do_lanes, create_lanes, *p, discourages_lanes});
#if defined(__x86_64__)
      if (ops[i] == STRIATE_OP_CONV && (*t)->isa == STRIATE_ISA_AVX512)
        table.push_back({name + "/few-terms/f32/nhwc/avx512/2x32", ops[i], STRIATE_ISA_AVX512,
                         can_do_terms, create_terms, &avx512::few_terms, discourages_terms});
#endif
      add(**t, "igemm", can_do_igemm<false>, create_igemm<false>, *t);
    }
    table.push_back({name + "/direct/f32/any/portable/1x1", ops[i], STRIATE_ISA_PORTABLE,
                     can_do_direct, create_direct, nullptr});
  }
}

}  // namespace striate
