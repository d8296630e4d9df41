// Time of every convolution and dense layer of the given shape files, one thread.
//
//   conv_bench [--kernel SUBSTRING] [--pad N] [--seconds S] [--relu | --tanh] [--residual] [--far]
//              [--cold] FILE...
//
// Prints per layer: kernel id, best time in microseconds, GFLOP/s, share of the FMA peak measured
// just before. --pad adds N elements to the pixel pitch of x and dst; --residual adds a tensor to
// the result; --far flushes x, residual and dst from the caches before every run, as a network of
// large images does; --cold reads 256 MB of something else, then scratch and x, so that the weights
// come from memory as in a network. The machine goes into the head line.
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <fstream>
#include <memory>
#include <vector>

#include "support/peak.h"
#include "support/shapes.h"

using namespace striate::test;

namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown CPU";
}

struct Options {
  std::string kernel;
  int64_t pad = 0;
  double seconds = 0.15;
  striate_activation activation = STRIATE_ACT_NONE;
  bool residual = false, far = false, cold = false;
};

constexpr int64_t kLine = 16;  // floats of a cache line

// Floats from the first to the last.
int64_t extent(const GuardedTensor& t) {
  int64_t last = 0;
  for (int d = 0; d < t.desc().rank; ++d) last += (t.desc().dims[d] - 1) * t.desc().strides[d];
  return last + 1;
}

// Takes a tensor out of the caches; --far is refused where there is no such instruction.
void flush([[maybe_unused]] const GuardedTensor& t) {
#if defined(__x86_64__)
  for (int64_t i = 0; i < extent(t); i += kLine) _mm_clflush(t.base() + i);
  _mm_mfence();
#endif
}

// Into the caches, out of which it drives something else.
volatile float sum_of_lines;
void read_lines(const float* p, int64_t count) {
  float sum = 0;
  for (int64_t i = 0; i < count; i += kLine) sum += p[i];
  sum_of_lines = sum;
}

void bench_layer(const Layer& layer, const Options& options, double* total, double* at_peak) {
  ConvCase c = layer.shape;
  c.src_gap = c.dst_gap = options.pad;
  c.activation = options.activation;
  c.residual = options.residual;
  const striate_conv_params params = c.params();
  OwnedRequest request;
  request.op = STRIATE_OP_CONV;
  request.params = &params;
  request.params_bytes = sizeof params;
  GuardedTensor src(channels_last(c.src_dims(), c.ic + options.pad), Flush::kFront);
  GuardedTensor dst(channels_last(c.dst_dims(), c.oc + options.pad), Flush::kFront);
  GuardedTensor residual(channels_last(c.dst_dims(), c.oc + options.pad), Flush::kFront);
  GuardedTensor weights(row_major(c.weight_dims()), Flush::kFront);
  GuardedTensor bias(row_major({c.oc}), Flush::kFront);
  for (GuardedTensor* t : {&src, &weights, &bias, &residual})
    t->fill([](int64_t i) { return static_cast<float>(i % 17 - 8) * 0.01f; });
  request.src = {src.desc(), weights.desc(), bias.desc()};
  request.constants = {nullptr, weights.base(), bias.base()};
  if (c.residual) {
    request.src.push_back(residual.desc());
    request.constants.push_back(nullptr);
  }
  request.dst = {dst.desc()};
  for (const std::string& id : able_kernels(request)) {
    if (id.find(options.kernel) == std::string::npos) continue;
    request.kernel_id = id;
    TestKernel kernel(request);
    if (!kernel.ok()) {
      fprintf(stderr, "%s: %s\n", id.c_str(), kernel.error().c_str());
      exit(1);
    }
    const striate_isa isa = id.find("/avx512/") != std::string::npos ? STRIATE_ISA_AVX512
                            : id.find("/avx2/") != std::string::npos ? STRIATE_ISA_AVX2
                                                                     : STRIATE_ISA_PORTABLE;
    const double peak = measured_peak(isa);
    const int64_t scratch_bytes = std::max<int64_t>(64, striate_kernel_scratch_bytes(kernel.get()));
    std::unique_ptr<void, decltype(&free)> scratch(
        aligned_alloc(64, static_cast<size_t>(scratch_bytes)), free);
    memset(scratch.get(), 0, static_cast<size_t>(scratch_bytes));
    const void* operands[] = {src.base(), nullptr, nullptr, residual.base()};
    void* results[] = {dst.base()};
    double best = 1e9;
    const double end = now() + options.seconds;
    for (int i = 0; i < 3 || now() < end; ++i) {
      if (options.far)
        for (const GuardedTensor* t : {&src, &residual, &dst}) flush(*t);
      if (options.cold) {
        static const std::vector<float> much(64 << 20, 1.0f);
        read_lines(much.data(), 64 << 20);
        read_lines(static_cast<const float*>(scratch.get()), scratch_bytes / 4);
        read_lines(src.base(), extent(src));
      }
      const Stopwatch watch;
      striate_kernel_run(kernel.get(), operands, results, 0, kernel.tiles(), scratch.get());
      best = std::min(best, watch.seconds());
    }
    const double operations = 2.0 * static_cast<double>(c.macs());
    printf("%-18s x%lld %-42s %9.1f us %8.1f GFLOP/s %6.1f %% of %.0f\n", layer.name.c_str(),
           static_cast<long long>(layer.count), id.c_str(), best * 1e6, operations / best * 1e-9,
           100 * operations / best / peak, peak * 1e-9);
    fflush(stdout);
    *total += best * static_cast<double>(layer.count);
    *at_peak += operations / peak * static_cast<double>(layer.count);
    if (options.kernel.empty()) break;
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string a = argv[i];
    const bool more = i + 1 < argc;
    if (a == "--kernel" && more)
      options.kernel = argv[++i];
    else if (a == "--pad" && more)
      options.pad = strtoll(argv[++i], nullptr, 10);
    else if (a == "--seconds" && more)
      options.seconds = strtod(argv[++i], nullptr);
    else if (a == "--relu")
      options.activation = STRIATE_ACT_RELU;
    else if (a == "--tanh")
      options.activation = STRIATE_ACT_TANH;
    else if (a == "--residual")
      options.residual = true;
    else if (a == "--cold")
      options.cold = true;
#if defined(__x86_64__)
    else if (a == "--far")
      options.far = true;
#endif
    else if (a[0] != '-')
      files.push_back(a);
    else
      files.clear(), i = argc;
  }
  if (files.empty()) {
    fprintf(stderr,
            "usage: conv_bench [--kernel SUBSTRING] [--pad N] [--seconds S] [--relu | --tanh] "
            "[--residual] [--far] [--cold] FILE...\n");
    return 2;
  }
  printf("# %s, 1 thread, best of %.2f s per layer\n", cpu_name().c_str(), options.seconds);
  for (const std::string& file : files) {
    printf("# %s\n", file.c_str());
    double total = 0, at_peak = 0;
    for (const Layer& layer : read_shapes(file)) bench_layer(layer, options, &total, &at_peak);
    printf("# all layers: %.3f ms, %.1f %% of peak\n", total * 1e3, 100 * at_peak / total);
  }
  return 0;
}
