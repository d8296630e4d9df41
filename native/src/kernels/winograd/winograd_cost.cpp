// Which form a convolution gets: cycles estimated from the shape of one image.
#include <math.h>

#include <algorithm>
#include <string>

#include "kernels/winograd/conv_winograd.h"

namespace striate {
namespace {

// Cycles of a core that multiplies and adds 16 floats per cycle (Zen 4: one FMA of 512 bits or two
// of 256), fitted to conv_bench. `portable` has 8 at half the rate; only ratios matter.
constexpr double kFloatsPerCycle = 16;
constexpr double kDirectShare = 0.97, kProductShare = 0.90;  // of peak

// Weights beyond half of L2 stream from L3, large ones from memory: in a network they have left L3
// when their turn comes again. They serve a whole batch, which the estimate must not know (bits
// would depend on it): it takes two images, between one and the eight of a small batch.
constexpr double kL2Bytes = 512 << 10, kL3Bytes = 4 << 20;
constexpr double kL3Rate = 20, kMemoryRate = 7.4;  // bytes per cycle
constexpr double kImagesPerRead = 2;

// Forms of stride 2 are held to what one image pays, and to a gain: their weights grow to nine
// times the taps while their products shrink less. ResNet-50's 512 channels at 7x7 take 3.0 ms with
// 81 points and 1.9 ms directly (Zen 4, in the network; 8 images 13.7 and 14.7 ms).
constexpr double kStridedGain = 0.95;

// Of one transform of a tile, for 16 channels: loads and stores weigh more than arithmetic, and
// many points more than in proportion (spills, as many streams). With 16 registers of 8 lanes 1.75
// times as many (Zen 3: 500 of 36 points).
double transform_cycles(int points, int lanes) {
  return (lanes < 16 ? 1.75 : 1) * (15 + points * (4 + 0.1 * points));
}

// Terms that a micro tile could sum in the time that it takes to begin and end, where its rows of
// outputs are short (Zen 3, 3 channels to 64 at 224x224: 4.5 ms by Winograd, 2.3 directly).
double tile_terms(int lanes) { return lanes < 16 ? 5 : 0; }

// Of the transform of 16 filters.
double filter_cycles(int points) { return 3 * points; }

// Of `sums` sums of `terms` terms for each row and output.
double product(double rows, double sums, double terms, double padded_oc, double share,
               double images, int lanes) {
  const double cycles =
      rows * sums * (terms + tile_terms(lanes)) * padded_oc / (kFloatsPerCycle * share);
  const double bytes = sums * terms * padded_oc * 4;
  if (bytes <= kL2Bytes) return cycles;
  return std::max(cycles, bytes / images / (bytes <= kL3Bytes ? kL3Rate : kMemoryRate));
}

double direct_cycles(const ConvGeometry& g, int lanes) {
  const double pixels = static_cast<double>(g.out[1] * g.out[2]);
  return product(pixels, 1, static_cast<double>(g.kernel[1] * g.kernel[2] * g.ic),
                 static_cast<double>(round_up(g.oc, lanes)), kDirectShare, kImagesPerRead, lanes);
}

double tiles_of(const ConvGeometry& g, const WinogradForm& form) {
  return static_cast<double>(ceil_div(g.out[1], form.h.outputs) *
                             ceil_div(g.out[2], form.w.outputs));
}

}  // namespace

// Where an image's products take less time than reading weights that have grown by the transform,
// it is faster to read them as they were. Looks at the shape of an image only: bits depend on it.
bool ConvWinograd::may_be_late(const ConvGeometry& g, const WinogradForm& form) {
  const double bytes = form.points() * static_cast<double>(g.ic * g.oc) * 4;
  return winograd_may_be_late(form.points(), form.h.taps * form.w.taps, form.h.stride) &&
         bytes > kL3Bytes && tiles_of(g, form) <= kLateTiles && g.ic % kLateChannels == 0;
}

double ConvWinograd::form_cycles(const ConvGeometry& g, const WinogradForm& form, int lanes) {
  const double tiles = tiles_of(g, form), points = form.points();
  const double ic = static_cast<double>(round_up(g.ic, lanes));
  const double oc = static_cast<double>(round_up(g.oc, lanes));
  const double transforms = (ic + oc) / 16 * transform_cycles(form.points(), lanes);
  const bool strided = form.h.stride > 1;
  const double products = product(tiles, points, static_cast<double>(g.ic), oc, kProductShare,
                                  strided ? 1 : kImagesPerRead, lanes);
  if (!may_be_late(g, form)) return (products + tiles * transforms) / (strided ? kStridedGain : 1);
  const double filters = static_cast<double>(g.ic) * oc / 16;
  return filters *
             (points * tiles / kProductShare + filter_cycles(form.points()) / kImagesPerRead) +
         tiles * transforms;
}

std::string ConvWinograd::discourages(const Request& request, const WinogradVariant& variant) {
  const ConvGeometry g = conv_geometry(request);
  const int lanes = variant.tiles->lanes;
  const double own = form_cycles(g, *variant.form, lanes), direct = direct_cycles(g, lanes);
  if (own >= direct) return "direct convolution is estimated to be faster";
  for (const WinogradVariant& other : winograd_variants())
    if (other.tiles == variant.tiles && other.form != variant.form &&
        refuses(request, g, *other.form).empty() && form_cycles(g, *other.form, lanes) < own)
      return std::string("F(") + other.form->name + ") is estimated to be faster";
  return "";
}

}  // namespace striate
