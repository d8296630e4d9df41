// The C ABI with wrong arguments: each ends in the right status and a sentence with the numbers.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <functional>

#include "conv/conv_case.h"

namespace striate::test {
namespace {

// A valid 3x3 convolution and everything that its request points to, free to be spoilt.
struct Fixture {
  striate_conv_params params;
  striate_tensor_desc src[4];
  striate_tensor_desc dst;
  std::vector<float> weights = std::vector<float>(8 * 4 * 9, 1.0f), bias = std::vector<float>(8);
  const void* constants[4];
  striate_kernel_request request{};

  Fixture() {
    ConvCase c;
    c.ic = 4, c.oc = 8, c.residual = true;
    for (int i = 0; i < 2; ++i) c.in[i] = 6, c.kernel[i] = 3, c.pad_begin[i] = c.pad_end[i] = 1;
    params = c.params();
    src[0] = channels_last(c.src_dims(), 4);
    src[1] = row_major(c.weight_dims());
    src[2] = row_major({8});
    src[3] = dst = channels_last(c.dst_dims(), 8);
    constants[0] = constants[3] = nullptr;
    constants[1] = weights.data();
    constants[2] = bias.data();
    request.op = STRIATE_OP_CONV;
    request.src_count = 4;
    request.dst_count = 1;
    request.threads = 1;
    request.params = &params;
    request.params_bytes = sizeof params;
    request.src = src;
    request.constants = constants;
    request.dst = &dst;
  }
};

struct Mistake {
  const char* name;
  striate_status status;
  const char* says;  // a part of the sentence
  std::function<void(Fixture&)> make;
};

const std::vector<Mistake>& mistakes() {
  const striate_status invalid = STRIATE_INVALID_ARGUMENT, unsupported = STRIATE_UNSUPPORTED;
  static const std::vector<Mistake> all = {
      {"unknown op", invalid, "99", [](Fixture& f) { f.request.op = 99; }},
      {"negative op", invalid, "-1", [](Fixture& f) { f.request.op = -1; }},
      {"other params", invalid, "params_bytes is 8",
       [](Fixture& f) { f.request.params_bytes = 8; }},
      {"no params", invalid, "NULL", [](Fixture& f) { f.request.params = nullptr; }},
      {"no src", invalid, "NULL", [](Fixture& f) { f.request.src = nullptr; }},
      {"no dst", invalid, "NULL", [](Fixture& f) { f.request.dst = nullptr; }},
      {"src_count 0", invalid, "0", [](Fixture& f) { f.request.src_count = 0; }},
      {"src_count 3", invalid, "4 src", [](Fixture& f) { f.request.src_count = 3; }},
      {"src_count 2^30", invalid, "1073741824", [](Fixture& f) { f.request.src_count = 1 << 30; }},
      {"dst_count 2", invalid, "", [](Fixture& f) { f.request.dst_count = 17; }},
      {"threads 0", invalid, "threads is 0", [](Fixture& f) { f.request.threads = 0; }},
      {"rank 9", invalid, "rank 9", [](Fixture& f) { f.src[0].rank = 9; }},
      {"rank 0", invalid, "rank 0", [](Fixture& f) { f.dst.rank = 0; }},
      {"rank 3", invalid, "rank 4", [](Fixture& f) { f.src[0].rank = 3; }},
      {"unknown dtype", invalid, "dtype 42", [](Fixture& f) { f.src[0].dtype = 42; }},
      {"f64", unsupported, "f32 only", [](Fixture& f) { f.src[0].dtype = STRIATE_F64; }},
      {"dim 0", invalid, "0, 6, 6]", [](Fixture& f) { f.src[0].dims[1] = 0; }},
      {"dim -1", invalid, "-1", [](Fixture& f) { f.dst.dims[0] = -1; }},
      {"dim 2^62", invalid, "2^60", [](Fixture& f) { f.src[0].dims[0] = int64_t{1} << 62; }},
      {"stride 2^62", invalid, "2^60", [](Fixture& f) { f.src[0].strides[2] = int64_t{1} << 62; }},
      {"stride -2^63", invalid, "2^60", [](Fixture& f) { f.src[0].strides[2] = INT64_MIN; }},
      {"dst stride 0", invalid, "overlaps itself", [](Fixture& f) { f.dst.strides[2] = 0; }},
      {"dst pitch 7", invalid, "overlaps itself", [](Fixture& f) { f.dst.strides[3] = 7; }},
      {"batch differs", invalid, "should begin with",
       [](Fixture& f) {
         f.dst.dims[0] = 2;
         f.src[3].dims[0] = 2;
       }},
      {"dst height 5", invalid, "is 5, but the convolution of 6 gives 6",
       [](Fixture& f) { f.dst.dims[2] = f.src[3].dims[2] = 5; }},
      {"weights of 5 inputs", invalid, "[8, 4]", [](Fixture& f) { f.src[1].dims[1] = 5; }},
      {"weights 5x3", invalid, "kernel[0] is 3", [](Fixture& f) { f.src[1].dims[2] = 5; }},
      {"groups 0", invalid, "0 groups", [](Fixture& f) { f.params.groups = 0; }},
      {"groups 3", invalid, "3 groups", [](Fixture& f) { f.params.groups = 3; }},
      {"spatial_rank 4", invalid, "spatial_rank is 4",
       [](Fixture& f) { f.params.spatial_rank = 4; }},
      {"spatial_rank 0", invalid, "spatial_rank is 0",
       [](Fixture& f) { f.params.spatial_rank = 0; }},
      {"stride 0", invalid, "stride[0] is 0", [](Fixture& f) { f.params.stride[0] = 0; }},
      {"dilation -2", invalid, "dilation[1] is -2", [](Fixture& f) { f.params.dilation[1] = -2; }},
      {"dilation 2^62", invalid, "dilation[1]",
       [](Fixture& f) { f.params.dilation[1] = int64_t{1} << 62; }},
      {"dilation 4", invalid, "reaches over 9", [](Fixture& f) { f.params.dilation[1] = 4; }},
      {"padding -1", invalid, "pad_begin[0] is -1", [](Fixture& f) { f.params.pad_begin[0] = -1; }},
      {"padding 2^63-1", invalid, "pad_end[1]",
       [](Fixture& f) { f.params.pad_end[1] = INT64_MAX; }},
      {"bias of 7", invalid, "bias is [7]", [](Fixture& f) { f.src[2].dims[0] = 7; }},
      {"bias of rank 2", invalid, "bias is",
       [](Fixture& f) {
         f.src[2] = row_major({1, 8});
       }},
      {"residual of 5 rows", invalid, "residual is", [](Fixture& f) { f.src[3].dims[2] = 5; }},
      {"activation 77", invalid, "activation is 77",
       [](Fixture& f) { f.params.epilogue.activation = 77; }},
      {"alpha NaN", invalid, "not a number",
       [](Fixture& f) {
         f.params.epilogue.activation = STRIATE_ACT_ELU;
         f.params.epilogue.alpha = NAN;
       }},
      {"clip reversed", invalid, "clip from 2 to 1",
       [](Fixture& f) {
         f.params.epilogue = {1, 1, STRIATE_ACT_CLIP, 2, 1};
       }},
      {"kernel of another name", invalid, "no-such-kernel",
       [](Fixture& f) { f.request.kernel_id = "no-such-kernel"; }},
      {"kernel of another op", invalid, "names no kernel",
       [](Fixture& f) { f.request.kernel_id = "gemm/direct/f32/any/portable/1x1"; }},
      {"kernel that cannot", unsupported, "it is not depthwise",
       [](Fixture& f) { f.request.kernel_id = "conv/depthwise/f32/nhwc/portable/4x8"; }},
  };
  return all;
}

}  // namespace

TEST(abi_valid_fixture) {
  Fixture f;
  striate_kernel* kernel = nullptr;
  striate_error error{-7, "untouched"};
  CHECK(striate_kernel_create(context(), &f.request, &kernel, &error) == STRIATE_OK, "%s",
        error.text);
  CHECK(error.code == -7 && strcmp(error.text, "untouched") == 0, "error was touched");
  CHECK(striate_kernel_tiles(kernel) >= 1 && striate_kernel_packed_bytes(kernel) > 0, "sizes");
  striate_kernel_destroy(kernel);
}

TEST(abi_mistakes) {
  for (const Mistake& mistake : mistakes()) {
    Fixture f;
    mistake.make(f);
    striate_kernel* kernel = reinterpret_cast<striate_kernel*>(1);
    striate_error error{};
    const striate_status status = striate_kernel_create(context(), &f.request, &kernel, &error);
    CHECK(status == mistake.status, "%s: status %d: %s", mistake.name, status, error.text);
    CHECK(error.code == status, "%s: code %d, status %d", mistake.name, error.code, status);
    CHECK(strstr(error.text, mistake.says) != nullptr && error.text[0] != '\0',
          "%s: \"%s\" does not say \"%s\"", mistake.name, error.text, mistake.says);
    CHECK(kernel == nullptr, "%s: left a kernel", mistake.name);
    CHECK(striate_kernel_create(context(), &f.request, &kernel, nullptr) == status,
          "%s: without error", mistake.name);
  }
  Fixture f;
  striate_kernel* kernel = nullptr;
  striate_error error{};
  CHECK(striate_kernel_create(nullptr, &f.request, &kernel, &error) == STRIATE_INVALID_ARGUMENT,
        "no context");
  CHECK(striate_kernel_create(context(), nullptr, &kernel, &error) == STRIATE_INVALID_ARGUMENT,
        "no request");
  CHECK(striate_kernel_create(context(), &f.request, nullptr, &error) == STRIATE_INVALID_ARGUMENT,
        "no kernel");
  CHECK(striate_kernel_list(context(), nullptr, nullptr, 0, &error) == -1, "list without request");
  note(std::to_string(mistakes().size()) + " mistakes");
}

TEST(abi_run_checks) {
  Fixture f;
  striate_kernel* kernel = nullptr;
  striate_error error{};
  if (!CHECK(striate_kernel_create(context(), &f.request, &kernel, &error) == STRIATE_OK, "%s",
             error.text))
    return;
  std::vector<float> x(6 * 6 * 4), residual(6 * 6 * 8), y(6 * 6 * 8);
  const GuardedBuffer scratch(striate_kernel_scratch_bytes(kernel), Flush::kEnd);
  const void* src[] = {x.data(), nullptr, nullptr, residual.data()};
  void* dst[] = {y.data()};
  const int64_t tiles = striate_kernel_tiles(kernel);
  auto run = [&](int64_t first, int64_t last, void* s) {
    return striate_kernel_run(kernel, src, dst, first, last, s);
  };
  CHECK(run(0, tiles, scratch.data()) == STRIATE_OK, "a valid run");
  CHECK(run(0, 0, scratch.data()) == STRIATE_OK && run(tiles, tiles, scratch.data()) == STRIATE_OK,
        "an empty range");
  CHECK(run(-1, tiles, scratch.data()) == STRIATE_INVALID_ARGUMENT, "first -1");
  CHECK(run(0, tiles + 1, scratch.data()) == STRIATE_INVALID_ARGUMENT, "last beyond the tiles");
  CHECK(run(1, 0, scratch.data()) == STRIATE_INVALID_ARGUMENT, "first above last");
  CHECK(run(0, tiles, nullptr) == STRIATE_INVALID_ARGUMENT, "no scratch");
  CHECK(run(0, tiles, static_cast<char*>(scratch.data()) + 4) == STRIATE_INVALID_ARGUMENT,
        "misaligned scratch");
  src[3] = nullptr;
  CHECK(run(0, tiles, scratch.data()) == STRIATE_INVALID_ARGUMENT, "no residual");
  src[3] = residual.data();
  dst[0] = nullptr;
  CHECK(run(0, tiles, scratch.data()) == STRIATE_INVALID_ARGUMENT, "no dst");
  CHECK(striate_kernel_run(nullptr, src, dst, 0, 1, nullptr) == STRIATE_INVALID_ARGUMENT,
        "no kernel");
  striate_kernel_destroy(kernel);
  striate_kernel_destroy(nullptr);
  striate_context_destroy(nullptr);
}

TEST(abi_restore_refuses_what_does_not_fit) {
  Fixture f;
  striate_kernel* kernel = nullptr;
  striate_error error{};
  if (!CHECK(striate_kernel_create(context(), &f.request, &kernel, &error) == STRIATE_OK, "%s",
             error.text))
    return;
  const std::string id = striate_kernel_id(kernel);
  const int64_t bytes = striate_kernel_copy_bytes(kernel);
  if (!CHECK(bytes > 0, "%s offers no copy", id.c_str())) return;
  const GuardedBuffer copy(bytes, Flush::kEnd);
  CHECK(striate_kernel_copy(kernel, copy.data(), bytes - 1, &error) == STRIATE_INVALID_ARGUMENT,
        "a copy too short");
  CHECK(striate_kernel_copy(nullptr, copy.data(), bytes, &error) == STRIATE_INVALID_ARGUMENT,
        "a copy of nothing");
  CHECK(striate_kernel_copy(kernel, copy.data(), bytes, &error) == STRIATE_OK, "%s", error.text);
  striate_kernel_destroy(kernel);
  auto restore = [&](int64_t length) {
    kernel = reinterpret_cast<striate_kernel*>(1);
    const striate_status status =
        striate_kernel_restore(context(), &f.request, copy.data(), length, &kernel, &error);
    if (status == STRIATE_OK)
      striate_kernel_destroy(kernel);
    else
      CHECK(kernel == nullptr, "a kernel is left");
    return status;
  };
  CHECK(restore(bytes) == STRIATE_INVALID_ARGUMENT, "no name");
  f.request.kernel_id = id.c_str();
  CHECK(restore(bytes) == STRIATE_OK, "%s", error.text);
  // Every length, and every byte of the header and of the table of sizes spoilt.
  for (int64_t length = 0; length < bytes; ++length)
    CHECK(restore(length) != STRIATE_OK, "%lld bytes", static_cast<long long>(length));
  unsigned char* const raw = static_cast<unsigned char*>(copy.data());
  for (int64_t i = 0; i < 80; ++i)
    for (int flip : {1, 0x80, 0xFF}) {
      if (i >= 40 && i < 64) continue;  // reserved
      raw[i] ^= static_cast<unsigned char>(flip);
      CHECK(restore(bytes) == STRIATE_INVALID_ARGUMENT, "byte %lld", static_cast<long long>(i));
      raw[i] ^= static_cast<unsigned char>(flip);
    }
  // Another request: threads, sizes, another kernel.
  f.request.threads = 2;
  CHECK(restore(bytes) == STRIATE_INVALID_ARGUMENT, "other threads");
  f.request.threads = 1;
  f.params.epilogue.activation = STRIATE_ACT_RELU;
  CHECK(restore(bytes) == STRIATE_INVALID_ARGUMENT, "another activation");
  f.params.epilogue.activation = STRIATE_ACT_NONE;
  f.request.kernel_id = "conv/direct/f32/any/portable/1x1";
  CHECK(restore(bytes) == STRIATE_UNSUPPORTED, "a kernel without copies");
  f.request.kernel_id = "no-such-kernel";
  CHECK(restore(bytes) == STRIATE_INVALID_ARGUMENT, "an unknown kernel");
  f.request.kernel_id = id.c_str();
  CHECK(restore(bytes) == STRIATE_OK, "still good: %s", error.text);

  void* memory = nullptr;
  CHECK(striate_memory_allocate(3 << 20, &memory, &error) == STRIATE_OK, "%s", error.text);
  memset(memory, 1, 3 << 20);
  striate_memory_free(memory);
  striate_memory_free(nullptr);
  CHECK(striate_memory_allocate(0, &memory, &error) == STRIATE_INVALID_ARGUMENT, "0 bytes");
  CHECK(striate_memory_allocate(INT64_MAX, &memory, &error) == STRIATE_OUT_OF_MEMORY, "too much");
}

TEST(abi_context) {
  const char* const before = getenv("STRIATE_MAX_ISA");
  const std::string saved = before == nullptr ? "" : before;
  striate_context* made = nullptr;
  striate_error error{};
  unsetenv("STRIATE_MAX_ISA");
  CHECK(striate_context_create(STRIATE_ISA_ANY, &made, &error) == STRIATE_OK, "%s", error.text);
  const striate_isa best = striate_context_isa(made);
  CHECK(best >= STRIATE_ISA_PORTABLE && best <= STRIATE_ISA_AVX512, "isa %d", best);
  striate_context_destroy(made);
  for (striate_isa isa = STRIATE_ISA_PORTABLE; isa <= STRIATE_ISA_AVX512; ++isa) {
    const striate_status status = striate_context_create(isa, &made, &error);
    CHECK(status == (isa <= best ? STRIATE_OK : STRIATE_UNSUPPORTED), "isa %d: %d", isa, status);
    if (status == STRIATE_OK) CHECK(striate_context_isa(made) == isa, "not isa %d", isa);
    striate_context_destroy(made);
  }
  CHECK(striate_context_create(4, &made, &error) == STRIATE_INVALID_ARGUMENT, "isa 4");
  CHECK(striate_context_create(-1, &made, &error) == STRIATE_INVALID_ARGUMENT, "isa -1");
  CHECK(striate_context_create(STRIATE_ISA_ANY, nullptr, &error) == STRIATE_INVALID_ARGUMENT,
        "no context");
  setenv("STRIATE_MAX_ISA", "portable", 1);
  CHECK(striate_context_create(STRIATE_ISA_ANY, &made, &error) == STRIATE_OK &&
            striate_context_isa(made) == STRIATE_ISA_PORTABLE,
        "STRIATE_MAX_ISA=portable");
  Fixture f;
  std::vector<char> text(8192);
  CHECK(striate_kernel_list(made, &f.request, text.data(), 8192, &error) > 0 &&
            strncmp(text.data(), "conv/igemm/f32/nhwc/portable", 28) == 0,
        "a capped list begins with %s", text.data());
  striate_context_destroy(made);
  for (const char* wrong : {"avx", "AVX2", "", "avx512 "}) {
    setenv("STRIATE_MAX_ISA", wrong, 1);
    made = nullptr;
    CHECK(striate_context_create(STRIATE_ISA_ANY, &made, &error) == STRIATE_INVALID_ARGUMENT &&
              made == nullptr && strstr(error.text, wrong) != nullptr,
          "STRIATE_MAX_ISA=%s: %s", wrong, error.text);
  }
  if (before == nullptr)
    unsetenv("STRIATE_MAX_ISA");
  else
    setenv("STRIATE_MAX_ISA", saved.c_str(), 1);
}

TEST(abi_list_is_cut_to_capacity) {
  Fixture f;
  striate_error error{};
  const int64_t length = striate_kernel_list(context(), &f.request, nullptr, 0, &error);
  std::vector<char> text(static_cast<size_t>(length) + 1, 'x');
  CHECK(striate_kernel_list(context(), &f.request, text.data(), length + 1, &error) == length,
        "length");
  CHECK(strlen(text.data()) == static_cast<size_t>(length), "text is %zu long",
        strlen(text.data()));
  char small[8];
  memset(small, 'x', sizeof small);
  CHECK(striate_kernel_list(context(), &f.request, small, 5, &error) == length &&
            small[4] == '\0' && small[5] == 'x',
        "cut");
}

// Random requests near the valid one: any status, never a crash, and what is accepted has sane
// sizes.
TEST(abi_random_requests) {
  Random random(seed());
  int64_t accepted = 0;
  const int64_t groups[] = {1, 2, 4, 8, 3};
  const int64_t wild[] = {0,
                          1,
                          2,
                          3,
                          4,
                          5,
                          6,
                          7,
                          8,
                          9,
                          12,
                          16,
                          64,
                          1000,
                          -1,
                          -2,
                          -8,
                          int64_t{1} << 20,
                          int64_t{1} << 31,
                          (int64_t{1} << 40) + 1,
                          int64_t{1} << 59,
                          INT64_MAX,
                          INT64_MIN};
  for (int i = 0; i < 20000; ++i) {
    Fixture f;
    if (random.integer(0, 3) == 0) f.request.op = STRIATE_OP_CONV_TRANSPOSE;
    if (random.integer(0, 3) == 0) f.constants[1] = f.constants[2] = nullptr;
    const int64_t changes = random.integer(1, 4);
    for (int64_t c = 0; c < changes; ++c) {
      const int64_t axis = random.integer(0, 3), value = random.pick(wild);
      // the weights stay what they are: their memory is real
      striate_tensor_desc* const tensors[] = {&f.src[0], &f.src[3], &f.dst};
      striate_tensor_desc& tensor = *tensors[random.integer(0, 2)];
      int64_t* const arrays[] = {f.params.stride, f.params.dilation, f.params.pad_begin,
                                 f.params.pad_end, f.params.kernel};
      switch (random.integer(0, 3)) {
        case 0: {
          const int64_t both = random.integer(0, 1);
          tensor.dims[axis] = value;
          if (both) f.src[0].dims[axis] = f.src[3].dims[axis] = f.dst.dims[axis] = value;
          break;
        }
        case 1:
          tensor.strides[axis] = value;
          break;
        case 2:
          arrays[random.integer(0, 4)][random.integer(0, 2)] = value;
          break;
        default:
          f.params.groups = groups[random.integer(0, 4)];
      }
    }
    striate_kernel* kernel = nullptr;
    striate_error error{};
    const striate_status status = striate_kernel_create(context(), &f.request, &kernel, &error);
    if (status == STRIATE_OK) {
      ++accepted;
      if (striate_kernel_tiles(kernel) < 1 || striate_kernel_scratch_bytes(kernel) < 0 ||
          striate_kernel_scratch_bytes(kernel) % 64 != 0)
        CHECK(false, "request %d: %lld tiles, %lld bytes of scratch", i,
              static_cast<long long>(striate_kernel_tiles(kernel)),
              static_cast<long long>(striate_kernel_scratch_bytes(kernel)));
    } else if (error.text[0] == '\0' || status == STRIATE_INTERNAL) {
      CHECK(false, "request %d: status %d: \"%s\"", i, status, error.text);
    }
    striate_kernel_destroy(kernel);
  }
  CHECK(accepted > 100, "only %lld requests were accepted", static_cast<long long>(accepted));
  note(std::to_string(accepted) + " of 20000 accepted");
}

}  // namespace striate::test
