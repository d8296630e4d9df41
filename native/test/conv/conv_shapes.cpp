// The convolution shapes under test: curated around tile sizes and corner cases, and random.
#include "conv/conv_case.h"

namespace striate::test {
namespace {

// 2-D shorthand
ConvCase conv2d(int64_t hw, int64_t ic, int64_t oc, int64_t k, int64_t s = 1, int64_t p = 0) {
  ConvCase c;
  c.ic = ic;
  c.oc = oc;
  for (int i = 0; i < 2; ++i) {
    c.in[i] = hw;
    c.kernel[i] = k;
    c.stride[i] = s;
    c.pad_begin[i] = c.pad_end[i] = p;
  }
  return c;
}

void vary(std::vector<ConvCase>& cases) {
  // Bias, residual, activation, layout and thread hint in turn, so that every shape meets another
  // mix.
  const striate_activation activations[] = {STRIATE_ACT_NONE, STRIATE_ACT_RELU, STRIATE_ACT_CLIP,
                                            STRIATE_ACT_TANH};
  for (size_t i = 0; i < cases.size(); ++i) {
    ConvCase& c = cases[i];
    c.bias = i % 4 != 0;
    c.bias_at_run = i % 8 == 3;
    c.residual = i % 3 == 1;
    c.activation = activations[i / 2 % 4];
    c.alpha = -5;
    c.beta = 40;
    c.src_gap = i % 5 == 2 ? 3 : i % 5 == 4 ? 16 : 0;
    c.dst_gap = i % 7 == 3 ? 5 : 0;
    c.residual_gap = i % 6 == 5 ? 1 : 0;
    c.weights_at_run = i % 13 == 6;
    c.flipped = i % 11 == 8;
    c.threads = i % 2 == 0 ? 1 : 7;
  }
}

}  // namespace

std::vector<ConvCase> curated_conv_cases() {
  std::vector<ConvCase> cases;
  // output channels around every vector and block size
  for (int64_t oc :
       {1,  2,  3,  4,  5,  7,  8,  9,  12, 15, 16, 17, 23,  24,  25,  31,  32,  33, 40,
        47, 48, 49, 56, 63, 64, 65, 79, 80, 81, 96, 97, 112, 127, 128, 129, 160, 193}) {
    cases.push_back(conv2d(5, 6, oc, 3, 1, 1));
    cases.push_back(conv2d(4, 37, oc, 1));
  }
  // few output channels: rows around every number of pixel vectors, strides, dilation, any layout
  for (int64_t oc = 1; oc <= 9; ++oc)
    for (int64_t w : {1, 3, 4, 5, 8, 15, 16, 17, 20, 28, 31, 32, 33, 47, 48, 49, 63, 64, 65, 130}) {
      ConvCase c = conv2d(6, 1 + w % 4, oc, 1 + w % 5, 1 + oc % 3, w % 3);
      c.in[1] = 5 + w * c.stride[1];
      c.dilation[1] = 1 + w % 2;
      c.pad_end[0] = 1;
      cases.push_back(c);
    }
  // few terms: every number of them around the limits of one and two vectors; rows in place and
  // copied ones, of odd and even length; channels that fill vectors, pairs of them, and parts
  for (int64_t k : {1, 2, 3, 5})
    for (int64_t ic = 1; k * k * ic <= 28; ++ic)
      for (int64_t oc : {12, 16, 17, 33, 50}) {
        ConvCase c = conv2d(7 + (ic + oc) % 2, ic, oc, k, 1 + oc % 2, ic % 3 % k);
        c.in[1] = 9 + k + 2 * (oc % 7);
        c.dilation[1] = 1 + ic % 2;
        cases.push_back(c);
      }
  // input channels: stem merge, its limit, k segments
  for (int64_t ic :
       {1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 32, 33, 34, 63, 64, 65, 113, 128, 341, 342, 400}) {
    cases.push_back(conv2d(6, ic, 18, 3, 1, 1));
    cases.push_back(conv2d(7, ic, 20, 3, 2, 1));
    cases.push_back(conv2d(6, ic, 5, 2));
  }
  for (int64_t ic : {1023, 1024, 1025, 2048, 2500}) cases.push_back(conv2d(3, ic, 17, 1));
  cases.push_back(conv2d(3, 1100, 9, 3, 1, 1));
  // pixels around every row count, one row or many; channels that fill whole vectors and half ones
  for (int64_t w :
       {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 23, 24, 25, 47, 49, 95, 96, 97, 101, 191, 193}) {
    ConvCase c = conv2d(1, 9, 67, 1);
    c.in[1] = w;
    cases.push_back(c);
    for (int64_t oc : {20, 52}) {
      c = conv2d(1, 9, oc, 1);
      c.in[1] = w;
      cases.push_back(c);
    }
    c = conv2d(3, 5, 35, 3, 1, 1);
    c.in[1] = w;
    cases.push_back(c);
    c = conv2d(3, 40, 30, 3, 1, 1);
    c.in[0] = w;
    cases.push_back(c);
  }
  // kernels, strides, dilations
  for (int64_t k : {1, 2, 3, 4, 5, 7, 11})
    for (int64_t s : {1, 2, 3, 4}) {
      cases.push_back(conv2d(13, 3, 16, k, s, k / 2));
      cases.push_back(conv2d(12, 36, 11, k, s, 0));
    }
  for (int64_t d : {2, 3, 5})
    for (int64_t ic : {3, 40}) {
      ConvCase c = conv2d(15, ic, 10, 3, 1, d);
      c.dilation[0] = c.dilation[1] = d;
      cases.push_back(c);
      c.dilation[0] = 1;
      cases.push_back(c);
      c.dilation[1] = 1;
      c.dilation[0] = d;
      c.stride[0] = 2;
      cases.push_back(c);
    }
  // asymmetric padding, padding wider than the kernel or the image, kernels of unequal sides
  for (int64_t ic : {4, 35}) {
    ConvCase c = conv2d(6, ic, 12, 3);
    c.pad_begin[0] = 2, c.pad_end[0] = 0, c.pad_begin[1] = 0, c.pad_end[1] = 1;
    cases.push_back(c);
    c.pad_begin[0] = 0, c.pad_end[0] = 5, c.pad_begin[1] = 4, c.pad_end[1] = 4;
    cases.push_back(c);
    c = conv2d(2, ic, 12, 3, 1, 7);
    cases.push_back(c);
    c = conv2d(9, ic, 12, 1, 1, 2);
    cases.push_back(c);
    c = conv2d(9, ic, 12, 1);
    c.kernel[1] = 7, c.pad_begin[1] = c.pad_end[1] = 3;
    cases.push_back(c);
    c = conv2d(9, ic, 12, 1);
    c.kernel[0] = 7, c.pad_begin[0] = c.pad_end[0] = 3;
    cases.push_back(c);
    c = conv2d(8, ic, 12, 8);
    cases.push_back(c);
    c.n = 5;
    cases.push_back(c);
  }
  // edges side by side: images of edges only, with one inner pixel, with rings of two and three;
  // batches whose images are put together wholly, in parts and one by one; strides that lack one
  // side
  for (int64_t hw : {1, 2, 3, 4, 7, 14, 19})
    for (int64_t k : {3, 5, 7})
      for (int64_t n : {1, 6}) {
        ConvCase c = conv2d(hw, 16 + hw, hw % 2 == 0 ? 70 : 20, k, 1, k / 2);
        c.n = n;
        c.in[1] = hw + n % 5;
        cases.push_back(c);
        c.stride[0] = c.stride[1] = 2;
        c.dilation[0] = hw < 7 ? 1 : 2;
        c.pad_end[1] += hw % 3;
        cases.push_back(c);
      }
  // Winograd's forms: outputs around every tile, channels around vectors and blocks, lines with a
  // stride or padding along the other axis
  for (int64_t hw : {1, 2, 3, 5, 6, 7, 8, 12, 13, 17})
    for (int64_t k : {3, 5, 7}) {
      if (k < 7) cases.push_back(conv2d(hw, 17 + hw, 30 + 5 * hw, k, 1, k / 2));
      for (int axis = 0; axis < 2; ++axis) {
        ConvCase c = conv2d(hw, 15 + 2 * hw, 40 + 4 * hw, 1);
        c.kernel[axis] = k, c.pad_begin[axis] = c.pad_end[axis] = k / 2;
        cases.push_back(c);
        c.stride[1 - axis] = 1 + hw % 3;
        c.pad_begin[1 - axis] = hw % 2, c.pad_end[1 - axis] = hw % 4 / 2;
        c.pad_end[axis] += hw % 3;
        c.n = 2;
        cases.push_back(c);
      }
    }
  // many weights for few pixels, which are transformed at run time
  for (int64_t n : {1, 2, 3}) {
    cases.push_back(conv2d(7, 180, 170, 3, 1, 1));
    cases.back().n = n;
    cases.back().residual = n != 2;
  }
  for (int64_t groups : {2, 3})
    for (int axis = 0; axis < 3; ++axis) {
      ConvCase c = conv2d(9, groups * 20, groups * 18, axis == 2 ? 5 : 1, 1, axis == 2 ? 2 : 0);
      if (axis < 2) c.kernel[axis] = 7, c.pad_begin[axis] = 3;
      c.groups = groups;
      cases.push_back(c);
    }
  // groups, among them depthwise with and without a multiplier
  for (int64_t groups : {2, 3, 4, 8})
    for (int64_t ocg : {1, 2, 4, 17})
      for (int64_t icg : {1, 4, 34}) {
        ConvCase c = conv2d(5, groups * icg, groups * ocg, 3, 1, 1);
        c.groups = groups;
        cases.push_back(c);
      }
  for (int64_t channels : {5, 16, 31, 32, 33, 64, 96, 130})
    for (int64_t s : {1, 2}) {
      ConvCase c = conv2d(9, channels, channels, 3, s, 1);
      c.groups = channels;
      cases.push_back(c);
      c = conv2d(11, channels, channels, 5, s, 2);
      c.groups = channels;
      c.n = 2;
      cases.push_back(c);
      c = conv2d(8, channels, 3 * channels, 3, s, 0);
      c.groups = channels;
      cases.push_back(c);
    }
  // groups that share a vector, with a last vector of their own
  for (int64_t channels : {2, 4, 8, 16})
    for (int64_t groups : {3, 8, 19})
      for (int64_t s : {1, 2}) {
        ConvCase c = conv2d(9, groups * channels, groups * channels, groups == 8 ? 5 : 3, s, 1);
        c.groups = groups;
        c.in[1] = 3 + 2 * channels + groups;
        c.dilation[0] = groups == 3 ? 2 : 1;
        c.residual = groups == 8;
        c.threads = 1 + static_cast<int>(groups % 3);
        cases.push_back(c);
      }
  // depthwise: more rows than a tile has, strips of every width, dilated rows
  for (int64_t width : {4, 6, 7, 8, 15, 40})
    for (int64_t s : {1, 2}) {
      ConvCase c = conv2d(31, 70, 70, width % 2 ? 5 : 3, s, 2);
      c.groups = 70;
      c.in[1] = width;
      c.dilation[0] = s;
      c.pad_begin[1] = 1;
      c.residual = width > 7;
      c.threads = 1 + static_cast<int>(width % 3);
      cases.push_back(c);
    }
  // batches
  for (int64_t n : {2, 3, 7}) {
    ConvCase c = conv2d(3, 33, 30, 3, 1, 1);
    c.n = n;
    cases.push_back(c);
    c = conv2d(6, 3, 30, 3, 2, 1);
    c.n = n;
    cases.push_back(c);
  }
  // one and three dimensions
  for (int64_t ic : {2, 40})
    for (int64_t k : {1, 3, 5, 7, 9}) {
      ConvCase c;
      c.rank = 1;
      c.n = 2, c.ic = ic, c.oc = 21;
      c.in[0] = 19, c.kernel[0] = k, c.pad_begin[0] = k / 2, c.stride[0] = 2, c.dilation[0] = 2;
      cases.push_back(c);
      c.stride[0] = 1, c.dilation[0] = 1;
      cases.push_back(c);
    }
  for (int64_t ic : {1, 3, 36})
    for (int64_t s : {1, 2}) {
      ConvCase c;
      c.rank = 3;
      c.n = 2, c.ic = ic, c.oc = 18;
      for (int i = 0; i < 3; ++i) {
        c.in[i] = 4 + i;
        c.kernel[i] = 3;
        c.stride[i] = s;
        c.pad_begin[i] = 1;
        c.pad_end[i] = i;
      }
      cases.push_back(c);
      c.kernel[0] = 1, c.pad_begin[0] = 0, c.in[0] = 1;
      cases.push_back(c);
      c.dilation[1] = 2;
      cases.push_back(c);
    }
  vary(cases);
  // source, dst or residual in row major order
  for (int64_t ic : {3, 20, 40}) {
    ConvCase c = conv2d(7, ic, 19, 3, 1, 1);
    c.src_gap = -1;
    cases.push_back(c);
    c.stride[1] = 2, c.n = 2;
    cases.push_back(c);
    c.dilation[1] = 2;
    cases.push_back(c);
    c.kernel[0] = c.kernel[1] = 1;
    cases.push_back(c);
    c = conv2d(7, ic, 19, 3, 1, 1);
    c.dst_gap = -1, c.residual = true, c.residual_gap = -1;
    cases.push_back(c);
  }
  return cases;
}

std::vector<ConvCase> curated_transpose_cases() {
  std::vector<ConvCase> cases;
  for (int64_t k : {1, 2, 3, 4, 5})
    for (int64_t s : {1, 2, 3})
      for (int64_t ic : {3, 18}) {
        ConvCase c = conv2d(5, ic, 17, k, s, k > 2 ? 1 : 0);
        c.transposed = true;
        cases.push_back(c);
        c.output_padding[0] = s - 1;
        c.pad_end[1] = 0;
        c.n = 2;
        cases.push_back(c);
        c.dilation[0] = c.dilation[1] = 2;
        cases.push_back(c);
      }
  for (int64_t groups : {2, 4}) {
    ConvCase c = conv2d(4, 4 * groups, 3 * groups, 3, 2, 1);
    c.transposed = true;
    c.groups = groups;
    cases.push_back(c);
  }
  for (int rank : {1, 3}) {
    ConvCase c = conv2d(4, 5, 18, 3, 2, 1);
    c.transposed = true;
    c.rank = rank;
    if (rank == 1) c.in[1] = c.kernel[1] = c.stride[1] = 1, c.pad_begin[1] = c.pad_end[1] = 0;
    if (rank == 3) c.in[2] = 3, c.kernel[2] = 2, c.stride[2] = 3;
    cases.push_back(c);
  }
  vary(cases);
  return cases;
}

namespace {

ConvCase random_conv_case(Random& random, bool transposed) {
  for (;;) {
    ConvCase c;
    c.transposed = transposed;
    c.rank = random.integer(0, 9) < 7 ? 2 : random.integer(0, 1) ? 1 : 3;
    c.n = random.integer(1, 3);
    const int64_t kind = random.integer(0, 9);
    if (kind < 6) {
      c.ic = random.integer(1, random.integer(1, 90));
      c.oc = random.integer(1, random.integer(1, 150));
    } else {
      c.groups = random.integer(1, kind < 8 ? 6 : 40);
      c.ic = c.groups * (kind == 9 ? 1 : random.integer(1, 12));
      c.oc = c.groups * (kind >= 8 ? random.integer(1, 2) : random.integer(1, 20));
    }
    for (int i = 0; i < c.rank; ++i) {
      c.in[i] = random.integer(1, c.rank == 3 ? 7 : 17);
      c.kernel[i] = random.integer(1, c.rank == 3 ? 3 : c.rank == 1 ? 7 : 5);
      c.stride[i] = random.integer(0, 1) ? 1 : random.integer(1, 3);
      c.dilation[i] = random.integer(0, 3) == 0 ? random.integer(2, 3) : 1;
      c.pad_begin[i] = random.integer(0, 3);
      c.pad_end[i] = random.integer(0, 3);
      if (transposed && c.stride[i] > 1) c.output_padding[i] = random.integer(0, c.stride[i] - 1);
    }
    c.bias = random.integer(0, 2) > 0;
    c.bias_at_run = random.integer(0, 3) == 0;
    c.residual = random.integer(0, 2) == 0;
    c.activation = static_cast<striate_activation>(
        random.integer(0, 1) ? random.integer(STRIATE_ACT_NONE, STRIATE_ACT_CLIP) : 0);
    c.alpha = 0.25f;
    c.beta = 0.75f;
    c.src_gap = random.integer(0, 2) == 0   ? random.integer(1, 20)
                : random.integer(0, 9) == 0 ? -1
                                            : 0;
    c.dst_gap = random.integer(0, 2) == 0 ? random.integer(1, 20) : 0;
    c.residual_gap = random.integer(0, 2) == 0 ? random.integer(1, 20) : 0;
    c.weights_at_run = random.integer(0, 15) == 0;
    c.flipped = random.integer(0, 9) == 0;
    c.threads = static_cast<int>(random.integer(1, 16));
    if (c.valid() && c.macs() < 3000000) return c;
  }
}

std::vector<ConvCase> random_cases(int count, bool transposed) {
  if (kSanitized) count /= 4;
  std::vector<ConvCase> cases;
  for (int i = 0; i < count; ++i) {
    Random random(seed() * 1000003 + static_cast<uint64_t>(i) + (transposed ? 500000u : 0u));
    cases.push_back(random_conv_case(random, transposed));
  }
  return cases;
}

}  // namespace

std::vector<ConvCase> random_conv_cases() { return random_cases(400, false); }
std::vector<ConvCase> random_transpose_cases() { return random_cases(120, true); }

}  // namespace striate::test
