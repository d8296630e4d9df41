// What holds between runs: equal bits for any batch size, tile shape and FMA instruction set; what
// infinities, NaN and zeros do.
#include <math.h>
#include <string.h>

#include <limits>
#include <map>

#include "conv/conv_case.h"

namespace striate::test {
namespace {

ConvCase layer(int64_t ic, int64_t oc, int64_t kernel, int64_t stride, int64_t groups) {
  ConvCase c;
  c.n = 3;
  c.ic = ic, c.oc = oc, c.groups = groups;
  for (int i = 0; i < 2; ++i) {
    c.in[i] = 13, c.kernel[i] = kernel, c.stride[i] = stride;
    c.pad_begin[i] = c.pad_end[i] = kernel / 2;
  }
  c.residual = true;
  return c;
}

ConvCase line(int64_t ic, int64_t oc, int axis, int64_t kernel) {
  ConvCase c = layer(ic, oc, 1, 1, 1);
  c.kernel[axis] = kernel;
  c.pad_begin[axis] = c.pad_end[axis] = kernel / 2;
  return c;
}

// One whose weights Winograd transforms at run time for one image, but not for three.
ConvCase small_image() {
  ConvCase c = layer(180, 170, 3, 1, 1);
  c.in[0] = c.in[1] = 7;
  return c;
}

const ConvCase kLayers[] = {
    layer(3, 24, 7, 2, 1),    layer(48, 70, 3, 1, 1), layer(300, 65, 1, 1, 1),
    layer(2000, 33, 1, 1, 1), layer(40, 40, 3, 1, 4), layer(37, 37, 3, 2, 37),
    layer(36, 36, 3, 1, 9),   layer(40, 40, 5, 2, 5), layer(20, 70, 5, 1, 1),
    layer(33, 20, 5, 2, 1),   line(40, 33, 0, 3),     line(20, 70, 1, 3),
    line(33, 40, 0, 5),       line(40, 17, 1, 5),     line(48, 70, 0, 7),
    line(50, 33, 1, 7),       small_image()};

std::vector<float> random_values(int64_t count, Random& random) {
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) v = random.real();
  return values;
}

int64_t count(const std::vector<int64_t>& dims) {
  int64_t product = 1;
  for (int64_t d : dims) product *= d;
  return product;
}

// Dense channels-last tensors; the result, or nothing after a failed check.
std::vector<float> run(const ConvCase& c, const std::string& id, const float* x,
                       const std::vector<float>& weights, const std::vector<float>& bias,
                       const float* residual) {
  const striate_conv_params params = c.params();
  std::vector<float> y(static_cast<size_t>(count(c.dst_dims())), NAN);
  OwnedRequest request;
  request.op = STRIATE_OP_CONV;
  request.params = &params;
  request.params_bytes = sizeof params;
  request.accuracy = STRIATE_ACCURACY_FAST;
  request.src = {channels_last(c.src_dims(), c.ic), row_major(c.weight_dims()), row_major({c.oc}),
                 channels_last(c.dst_dims(), c.oc)};
  request.constants = {nullptr, weights.data(), bias.data(), nullptr};
  request.dst = {channels_last(c.dst_dims(), c.oc)};
  request.kernel_id = id;
  request.threads = c.threads;
  TestKernel kernel(request);
  if (!CHECK(kernel.ok(), "%s: %s", id.c_str(), kernel.error().c_str())) return {};
  CHECK(kernel.run({x, nullptr, nullptr, residual}, {y.data()}) == STRIATE_OK, "%s", id.c_str());
  return y;
}

std::vector<std::string> kernels_of(const ConvCase& c, const std::vector<float>& weights,
                                    const std::vector<float>& bias,
                                    striate_accuracy accuracy = STRIATE_ACCURACY_FAST) {
  const striate_conv_params params = c.params();
  OwnedRequest request;
  request.op = STRIATE_OP_CONV;
  request.params = &params;
  request.params_bytes = sizeof params;
  request.accuracy = accuracy;
  request.src = {channels_last(c.src_dims(), c.ic), row_major(c.weight_dims()), row_major({c.oc})};
  request.constants = {nullptr, weights.data(), bias.data()};
  if (c.residual) {
    request.src.push_back(channels_last(c.dst_dims(), c.oc));
    request.constants.push_back(nullptr);
  }
  request.dst = {channels_last(c.dst_dims(), c.oc)};
  return able_kernels(request);
}

bool same_bits(const float* a, const float* b, int64_t n) {
  return memcmp(a, b, static_cast<size_t>(n) * sizeof(float)) == 0;
}

}  // namespace

TEST(conv_bits_do_not_depend_on_batch_threads_or_tile) {
  Random random(seed());
  for (const ConvCase& c : kLayers) {
    const int64_t x_image = count(c.src_dims()) / c.n, y_image = count(c.dst_dims()) / c.n;
    const std::vector<float> x = random_values(c.n * x_image, random);
    const std::vector<float> weights = random_values(count(c.weight_dims()), random);
    const std::vector<float> bias = random_values(c.oc, random);
    const std::vector<float> residual = random_values(c.n * y_image, random);
    std::map<std::string, std::vector<float>> fused;  // by algorithm, the first kernel with FMA
    for (const std::string& id : kernels_of(c, weights, bias)) {
      const std::vector<float> all = run(c, id, x.data(), weights, bias, residual.data());
      ConvCase other = c;
      other.threads = 33;
      CHECK(same_bits(all.data(), run(other, id, x.data(), weights, bias, residual.data()).data(),
                      c.n * y_image),
            "%s: %s: other bits with threads 33", id.c_str(), c.text().c_str());
      other.n = 1;
      for (int64_t n = 0; n < c.n; ++n) {
        const std::vector<float> one =
            run(other, id, x.data() + n * x_image, weights, bias, residual.data() + n * y_image);
        CHECK(same_bits(all.data() + n * y_image, one.data(), y_image),
              "%s: %s: image %lld has other bits alone", id.c_str(), c.text().c_str(),
              static_cast<long long>(n));
      }
      if (id.find("portable") != std::string::npos) continue;
      const std::string algorithm =
          id.find("winograd") == std::string::npos ? "direct" : id.substr(0, id.find("/f32"));
      const std::vector<float>& first = fused.try_emplace(algorithm, all).first->second;
      CHECK(same_bits(all.data(), first.data(), c.n * y_image),
            "%s: %s: other bits than the first kernel with FMA", id.c_str(), c.text().c_str());
    }
  }
}

// Accuracy decides which algorithms may be used at all.
TEST(conv_accuracy_decides_the_algorithm) {
  const ConvCase c = layer(64, 64, 3, 1, 1);
  Random random(seed());
  const std::vector<float> weights = random_values(count(c.weight_dims()), random);
  const std::vector<float> bias = random_values(c.oc, random);
  const striate_accuracy modes[] = {STRIATE_ACCURACY_STRICT, STRIATE_ACCURACY_DEFAULT,
                                    STRIATE_ACCURACY_FAST};
  for (striate_accuracy mode : modes) {
    bool four = false, six = false;
    for (const std::string& id : kernels_of(c, weights, bias, mode)) {
      four = four || id.find("/winograd4x4/") != std::string::npos;
      six = six || id.find("/winograd6x6/") != std::string::npos;
    }
    CHECK(four == (mode != STRIATE_ACCURACY_STRICT), "accuracy %d: F(4x4,3x3) %d", mode, four);
    CHECK(six == (mode == STRIATE_ACCURACY_FAST), "accuracy %d: F(6x6,3x3) %d", mode, six);
  }
}

// 0 * infinity is NaN: padding must meet such weights even where whole taps lie in the padding.
// What has few channels in a group, or few outputs, takes kernels made for it where they are
// faster.
TEST(conv_few_channels_decide_the_algorithm) {
  const striate_isa isa = striate_context_isa(context());
  if (isa == STRIATE_ISA_PORTABLE) return note("skipped: chosen so with AVX2 and AVX-512 only");
  const auto best = [](ConvCase c, int64_t size) {
    c.n = 1;
    c.in[0] = c.in[1] = size;
    c.residual = false;
    const std::vector<float> weights(static_cast<size_t>(count(c.weight_dims())));
    const std::vector<float> bias(static_cast<size_t>(c.oc));
    return kernels_of(c, weights, bias, STRIATE_ACCURACY_DEFAULT).front();
  };
  const auto expect = [](const std::string& id, const std::string& algorithm) {
    CHECK(id.find("/" + algorithm) != std::string::npos, "%s, not %s", id.c_str(),
          algorithm.c_str());
  };
  for (int64_t channels : {2, 4, 8})
    for (int64_t stride : {1, 2})
      expect(best(layer(32 * channels, 32 * channels, 3, stride, 32), 28), "group-rows/");
  if (isa != STRIATE_ISA_AVX512) return;
  expect(best(layer(512, 512, 3, 2, 32), 28), "igemm/");  // 16 fill a vector
  expect(best(layer(32, 1, 5, 1, 1), 128), "pixel-lanes/");
  expect(best(layer(64, 3, 3, 1, 1), 128), "winograd");  // copied rows beyond L1
}

TEST(conv_padding_meets_infinite_weights) {
  for (ConvCase c : {layer(40, 20, 3, 1, 1), layer(3, 20, 3, 1, 1), layer(20, 20, 3, 1, 20)}) {
    c.residual = true;
    Random random(seed());
    const std::vector<float> x = random_values(count(c.src_dims()), random);
    std::vector<float> weights = random_values(count(c.weight_dims()), random);
    weights[0] = std::numeric_limits<float>::infinity();  // channel 0, tap (0, 0)
    const std::vector<float> bias(static_cast<size_t>(c.oc)),
        residual(static_cast<size_t>(count(c.dst_dims())));
    for (const std::string& id : kernels_of(c, weights, bias)) {
      if (id.find("/direct/") != std::string::npos)
        continue;  // leaves padded taps out, as documented
      const std::vector<float> y = run(c, id, x.data(), weights, bias, residual.data());
      for (int64_t w = 0; w < c.out(1); ++w)
        CHECK(isnan(y[static_cast<size_t>(w * c.oc)]), "%s: %s: column %lld is %g", id.c_str(),
              c.text().c_str(), static_cast<long long>(w),
              static_cast<double>(y[static_cast<size_t>(w * c.oc)]));
      CHECK(!isnan(y[1]), "%s: channel 1 is NaN", id.c_str());
    }
  }
}

TEST(conv_source_nan_and_infinity_reach_the_result) {
  ConvCase c = layer(20, 20, 3, 1, 1);
  c.n = 1;
  Random random(seed());
  std::vector<float> x = random_values(count(c.src_dims()), random);
  const std::vector<float> weights = random_values(count(c.weight_dims()), random);
  const std::vector<float> bias(static_cast<size_t>(c.oc)),
      residual(static_cast<size_t>(count(c.dst_dims())));
  for (const striate_activation activation : {STRIATE_ACT_NONE, STRIATE_ACT_RELU}) {
    c.activation = activation;
    x[0] = NAN;
    for (const std::string& id : kernels_of(c, weights, bias)) {
      const std::vector<float> y = run(c, id, x.data(), weights, bias, residual.data());
      const size_t far = y.size() - 1;
      CHECK(isnan(y[0]) && !isnan(y[far]), "%s: NaN in pixel 0 gave %g and %g", id.c_str(),
            static_cast<double>(y[0]), static_cast<double>(y[far]));
    }
  }
}

// The only zero that an output may be is +0: results compare bit by bit.
TEST(conv_zero_is_positive) {
  ConvCase c = layer(40, 20, 3, 1, 1);
  const std::vector<float> x(static_cast<size_t>(count(c.src_dims())), -0.0f);
  const std::vector<float> weights(static_cast<size_t>(count(c.weight_dims())), 1.0f);
  const std::vector<float> bias(static_cast<size_t>(c.oc), -0.0f),
      residual(static_cast<size_t>(count(c.dst_dims())), -0.0f);
  for (const std::string& id : kernels_of(c, weights, bias))
    for (float v : run(c, id, x.data(), weights, bias, residual.data()))
      if (signbit(v) || v != 0) {
        CHECK(false, "%s: %g", id.c_str(), static_cast<double>(v));
        break;
      }
  CHECK(true, "ran");
}

}  // namespace striate::test
