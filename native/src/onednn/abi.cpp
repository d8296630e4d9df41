// The C ABI of the oneDNN adapter: null checks, the exception barrier, handles, the table of ops.
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <new>

#include "base/aligned_buffer.h"
#include "onednn/ops.h"

struct striate_context {
  striate_isa isa;
};

struct striate_kernel {
  std::unique_ptr<striate::onednn::Program> program;
  int src_count;
  uint32_t constant_mask;  // operands that run does not read
};

namespace striate::onednn {
namespace {

// In the order of striate_op. No plan: oneDNN has no such primitive.
constexpr OpEntry kOps[] = {
    {"conv", sizeof(striate_conv_params), check_conv, plan_conv},
    {"conv_transpose", sizeof(striate_conv_params), check_conv, plan_conv_transpose},
    {"gemm", sizeof(striate_gemm_params), check_gemm, plan_gemm},
    {"pool", sizeof(striate_pool_params), check_pool, plan_pool},
    {"batch_norm", sizeof(striate_batch_norm_params), check_batch_norm, plan_batch_norm},
    {"lrn", sizeof(striate_lrn_params), check_lrn, plan_lrn},
    {"unary", sizeof(striate_unary_params), check_unary, plan_unary},
    {"prelu", 0, check_prelu, plan_prelu},
    {"softmax", sizeof(striate_softmax_params), check_softmax, plan_softmax},
    {"binary", sizeof(striate_binary_params), check_binary, plan_binary},
    {"reduce", sizeof(striate_reduce_params), check_reduce, plan_reduce},
    {"pad", sizeof(striate_pad_params), check_pad, plan_pad},
    {"resize", sizeof(striate_resize_params), check_resize, plan_resize},
    {"copy", 0, check_copy, plan_copy},
    {"conv_pool", sizeof(striate_conv_pool_params), [](const Request&) {}, nullptr},
};

striate_status report(striate_error* error, striate_status status, const char* text) {
  if (error != nullptr) {
    error->code = status;
    snprintf(error->text, sizeof error->text, "%s", text);
  }
  return status;
}

striate_status status_of(dnnl_status_t status) {
  switch (status) {
    case dnnl_out_of_memory:
      return STRIATE_OUT_OF_MEMORY;
    case dnnl_unimplemented:
    case dnnl_invalid_arguments:
      return STRIATE_UNSUPPORTED;  // The request is valid, as check_request found.
    default:
      return STRIATE_INTERNAL;
  }
}

// Runs `body` behind the exception barrier.
template <class Body>
striate_status guarded(striate_error* error, Body&& body) noexcept {
  try {
    body();
    return STRIATE_OK;
  } catch (const Failure& failure) {
    return report(error, failure.status(), failure.what());
  } catch (const dnnl::error& e) {
    char text[256];
    snprintf(text, sizeof text, "oneDNN: %s (status %d)", e.what(), static_cast<int>(e.status));
    return report(error, status_of(e.status), text);
  } catch (const std::bad_alloc&) {
    return report(error, STRIATE_OUT_OF_MEMORY, "out of memory while creating a kernel");
  } catch (const std::exception& other) {
    return report(error, STRIATE_INTERNAL, other.what());
  } catch (...) {
    return report(error, STRIATE_INTERNAL, "an unknown exception");
  }
}

int64_t copy_text(const std::string& from, char* text, int64_t capacity) {
  if (text != nullptr && capacity > 0) {
    const size_t n = std::min(from.size(), static_cast<size_t>(capacity - 1));
    memcpy(text, from.data(), n);
    text[n] = '\0';
  }
  return static_cast<int64_t>(from.size());
}

std::unique_ptr<Program> program_of(const striate_kernel_request& raw, bool dry) {
  const OpEntry& op = op_entry(raw.op);
  if (op.plan == nullptr)
    fail(STRIATE_UNSUPPORTED, "oneDNN pools in a primitive of its own; ask for CONV, then POOL");
  const OneThread one_thread;  // oneDNN plans for the threads that it sees now.
  Composer composer(raw, dry);
  for (const Piece& piece : split(raw)) composer.add(piece, op.plan);
  return composer.finish(op.name, is_channels_last(raw.dst[0]) ? "nhwc" : "strided");
}

std::string refusal(const striate_kernel_request& raw, const char* reason) {
  return std::string("-") + op_entry(raw.op).name + "/onednn: " + reason + "\n";
}

}  // namespace

const OpEntry& op_entry(striate_op op) {
  if (op < 0 || op >= static_cast<striate_op>(std::size(kOps)))
    fail(STRIATE_INVALID_ARGUMENT, "op is %d, which is no striate_op", op);
  return kOps[op];
}

}  // namespace striate::onednn

using striate::fail;
using striate::onednn::guarded;

extern "C" {

int32_t striate_abi_version(void) noexcept { return STRIATE_ABI_VERSION; }

int64_t striate_describe(char* text, int64_t capacity) noexcept {
  try {
    return striate::onednn::copy_text(striate::onednn::describe(), text, capacity);
  } catch (...) {
    return 0;
  }
}

striate_status striate_context_create(striate_isa max_isa, striate_context** context,
                                      striate_error* error) noexcept {
  return guarded(error, [&] {
    if (context == nullptr) fail(STRIATE_INVALID_ARGUMENT, "context is NULL");
    *context = nullptr;
    *context = new striate_context{striate::onednn::open_context(max_isa)};
  });
}

void striate_context_destroy(striate_context* context) noexcept { delete context; }

striate_isa striate_context_isa(const striate_context* context) noexcept {
  return context == nullptr ? STRIATE_ISA_ANY : context->isa;
}

int64_t striate_kernel_list(striate_context* context, const striate_kernel_request* request,
                            char* text, int64_t capacity, striate_error* error) noexcept {
  int64_t length = -1;
  guarded(error, [&] {
    if (context == nullptr) fail(STRIATE_INVALID_ARGUMENT, "context is NULL");
    std::string lines;
    striate::onednn::check_request(request);
    try {
      lines = striate::onednn::program_of(*request, true)->id() + "\n";
    } catch (const striate::Failure& failure) {
      if (failure.status() != STRIATE_UNSUPPORTED) throw;
      lines = striate::onednn::refusal(*request, failure.what());
    } catch (const dnnl::error& e) {
      if (striate::onednn::status_of(e.status) != STRIATE_UNSUPPORTED) throw;
      lines = striate::onednn::refusal(*request, "oneDNN has no implementation for this");
    }
    length = striate::onednn::copy_text(lines, text, capacity);
  });
  return length;
}

striate_status striate_kernel_create(striate_context* context,
                                     const striate_kernel_request* request, striate_kernel** kernel,
                                     striate_error* error) noexcept {
  return guarded(error, [&] {
    if (kernel == nullptr) fail(STRIATE_INVALID_ARGUMENT, "kernel is NULL");
    *kernel = nullptr;
    if (context == nullptr) fail(STRIATE_INVALID_ARGUMENT, "context is NULL");
    striate::onednn::check_request(request);
    std::unique_ptr<striate_kernel> made(new striate_kernel{});
    made->program = striate::onednn::program_of(*request, false);
    if (request->kernel_id != nullptr && made->program->id() != request->kernel_id)
      fail(STRIATE_UNSUPPORTED, "there is no kernel %s for this; there is %s", request->kernel_id,
           made->program->id().c_str());
    made->src_count = request->src_count;
    for (int i = 0; i < request->src_count; ++i)
      if (request->constants != nullptr && request->constants[i] != nullptr)
        made->constant_mask |= 1u << i;
    *kernel = made.release();
  });
}

void striate_kernel_destroy(striate_kernel* kernel) noexcept { delete kernel; }

const char* striate_kernel_id(const striate_kernel* kernel) noexcept {
  return kernel == nullptr ? "" : kernel->program->id().c_str();
}

// oneDNN's packed weights are its own: they are not given away.
int64_t striate_kernel_copy_bytes(const striate_kernel*) noexcept { return 0; }

striate_status striate_kernel_copy(const striate_kernel* kernel, void*, int64_t,
                                   striate_error* error) noexcept {
  return guarded(error, [&] {
    if (kernel == nullptr) fail(STRIATE_INVALID_ARGUMENT, "kernel is NULL");
    fail(STRIATE_UNSUPPORTED, "oneDNN does not give its packed constants away");
  });
}

striate_status striate_kernel_restore(striate_context* context, const striate_kernel_request*,
                                      const void*, int64_t, striate_kernel** kernel,
                                      striate_error* error) noexcept {
  return guarded(error, [&] {
    if (kernel == nullptr) fail(STRIATE_INVALID_ARGUMENT, "kernel is NULL");
    *kernel = nullptr;
    if (context == nullptr) fail(STRIATE_INVALID_ARGUMENT, "context is NULL");
    fail(STRIATE_UNSUPPORTED, "oneDNN restores no kernels");
  });
}

striate_status striate_memory_allocate(int64_t bytes, void** memory,
                                       striate_error* error) noexcept {
  return guarded(error, [&] {
    if (memory == nullptr) fail(STRIATE_INVALID_ARGUMENT, "memory is NULL");
    *memory = nullptr;
    if (bytes < 1)
      fail(STRIATE_INVALID_ARGUMENT, "bytes is %lld; it must be positive",
           static_cast<long long>(bytes));
    *memory = striate::allocate_pages(bytes);
  });
}

void striate_memory_free(void* memory) noexcept { free(memory); }

int64_t striate_kernel_tiles(const striate_kernel* kernel) noexcept {
  return kernel == nullptr ? 0 : kernel->program->tiles();
}

int64_t striate_kernel_scratch_bytes(const striate_kernel* kernel) noexcept {
  return kernel == nullptr ? 0 : kernel->program->scratch_bytes();
}

int64_t striate_kernel_packed_bytes(const striate_kernel* kernel) noexcept {
  return kernel == nullptr ? 0 : kernel->program->packed_bytes();
}

striate_status striate_kernel_run(const striate_kernel* kernel, const void* const* src,
                                  void* const* dst, int64_t first, int64_t last,
                                  void* scratch) noexcept {
  if (kernel == nullptr || src == nullptr || dst == nullptr || dst[0] == nullptr || first < 0 ||
      first > last || last > kernel->program->tiles())
    return STRIATE_INVALID_ARGUMENT;
  if (kernel->program->scratch_bytes() > 0 &&
      (scratch == nullptr || (reinterpret_cast<uintptr_t>(scratch) & 63) != 0))
    return STRIATE_INVALID_ARGUMENT;
  for (int i = 0; i < kernel->src_count; ++i)
    if (src[i] == nullptr && (kernel->constant_mask >> i & 1) == 0) return STRIATE_INVALID_ARGUMENT;
  return first == last ? STRIATE_OK : kernel->program->run(src, dst, first, last, scratch);
}

}  // extern "C"
