// The C ABI: null checks, the exception barrier, handles. No arithmetic.
#include "striate/striate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/failure.h"
#include "base/kept_tensor.h"
#include "dispatch/cpu_features.h"
#include "dispatch/kernel.h"

#ifndef STRIATE_VERSION
#define STRIATE_VERSION "0.1.0"
#endif

struct striate_context {
  striate_isa isa;
};

constexpr int kMaxOperands = 16;  // as check_request

struct striate_kernel {
  const striate::KernelEntry* entry;
  std::unique_ptr<striate::Kernel> kernel;
  int64_t tiles;
  int64_t scratch_bytes;
  int src_count;
  int dst_count;
  uint32_t constant_mask;                 // operands that run does not read
  std::vector<striate::KeptTensor> kept;  // of them, those that the kernel does not pack
  const void* kept_at[kMaxOperands];
  int64_t kept_bytes;
  striate::PackStore packs;
  uint64_t key;
};

namespace striate {
namespace {

striate_status report(striate_error* error, striate_status status, const char* text) {
  if (error != nullptr) {
    error->code = status;
    snprintf(error->text, sizeof error->text, "%s", text);
  }
  return status;
}

// Runs `body` behind the exception barrier.
template <class Body>
striate_status guarded(striate_error* error, Body&& body) noexcept {
  try {
    body();
    return STRIATE_OK;
  } catch (const Failure& failure) {
    return report(error, failure.status(), failure.what());
  } catch (const std::bad_alloc&) {
    return report(error, STRIATE_OUT_OF_MEMORY, "out of memory while creating a kernel");
  } catch (const std::exception& other) {
    return report(error, STRIATE_INTERNAL, other.what());
  } catch (...) {
    return report(error, STRIATE_INTERNAL, "an unknown exception");
  }
}

// FNV-1a.
class Hash {
 public:
  Hash& add(const void* data, size_t bytes) {
    const unsigned char* const p = static_cast<const unsigned char*>(data);
    for (size_t i = 0; i < bytes; ++i) value_ = (value_ ^ p[i]) * 0x100000001b3u;
    return *this;
  }
  template <class T>
  Hash& add(const T& value) {
    return add(&value, sizeof value);
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325u;
};

void add_tensor(Hash& hash, const Tensor& tensor) {
  hash.add(tensor.dtype).add(tensor.rank);
  for (int d = 0; d < tensor.rank; ++d) hash.add(tensor.dims[d]).add(tensor.strides[d]);
}

// What packed constants belong to: the kernel and all of the request but the constants' values.
uint64_t key_of(const KernelEntry& entry, const striate_kernel_request& request) {
  Hash hash;
  hash.add(entry.id.data(), entry.id.size()).add(request.op).add(request.threads);
  hash.add(request.accuracy);
  if (request.params != nullptr)
    hash.add(request.params, static_cast<size_t>(request.params_bytes));
  for (int i = 0; i < request.src_count; ++i) {
    add_tensor(hash, request.src[i]);
    hash.add(request.constants != nullptr && request.constants[i] != nullptr);
  }
  for (int i = 0; i < request.dst_count; ++i) add_tensor(hash, request.dst[i]);
  return hash.value();
}

int64_t copy_text(const char* from, size_t length, char* text, int64_t capacity) {
  if (text != nullptr && capacity > 0) {
    const size_t n = std::min(length, static_cast<size_t>(capacity - 1));
    memcpy(text, from, n);
    text[n] = '\0';
  }
  return static_cast<int64_t>(length);
}

std::unique_ptr<striate_kernel> make_kernel(const striate_kernel_request& request, striate_isa isa,
                                            const KernelEntry& entry, PackStore packs) {
  std::unique_ptr<striate_kernel> made(new striate_kernel{});
  made->packs = std::move(packs);
  const Request checked(request, isa, &made->packs);
  if (made->packs.restoring()) {
    const std::string reason = entry.can_do(checked, entry);
    if (!reason.empty())
      fail(STRIATE_UNSUPPORTED, "kernel %s: %s", entry.id.c_str(), reason.c_str());
  }
  made->entry = &entry;
  made->key = key_of(entry, request);
  made->kernel = entry.create(checked, entry);
  made->packs.finish();
  made->tiles = made->kernel->tiles();
  made->scratch_bytes = made->kernel->scratch_bytes();
  made->src_count = request.src_count;
  made->dst_count = request.dst_count;
  for (int i = 0; i < request.src_count; ++i)
    if (request.constants != nullptr && request.constants[i] != nullptr) {
      made->constant_mask |= 1u << i;
      if (checked.constant(i) != nullptr) continue;
      made->kept.emplace_back(request.src[i], request.constants[i]);
      made->kept_at[i] = made->kept.back().base();
      made->kept_bytes += made->kept.back().bytes();
    }
  return made;
}

// The kernel that a request to restore names.
const KernelEntry& find_kernel(const striate_kernel_request& request, striate_isa isa) {
  if (request.kernel_id == nullptr)
    fail(STRIATE_INVALID_ARGUMENT, "a kernel to restore must be named");
  for (const KernelEntry& entry : kernel_table())
    if (entry.op == request.op && entry.id == request.kernel_id) {
      if (!entry.packs || entry.isa > isa)
        fail(STRIATE_UNSUPPORTED, "kernel %s cannot be restored here", entry.id.c_str());
      return entry;
    }
  fail(STRIATE_INVALID_ARGUMENT, "kernel_id \"%.100s\" names no kernel of this op",
       request.kernel_id);
}

}  // namespace
}  // namespace striate

using striate::fail;
using striate::guarded;

extern "C" {

int32_t striate_abi_version(void) noexcept { return STRIATE_ABI_VERSION; }

int64_t striate_describe(char* text, int64_t capacity) noexcept {
  char description[256];
  const int length = snprintf(description, sizeof description,
                              "libstriate " STRIATE_VERSION
                              ", built by "
#if defined(__clang__)
                              "Clang "
#elif defined(__GNUC__)
                              "GCC "
#endif
                              __VERSION__
#if defined(__x86_64__)
                              ", x86-64: avx512, avx2, portable"
#else
                              ", portable"
#endif
                              ", L2 %lld KB",
                              static_cast<long long>(striate::l2_bytes() >> 10));
  return striate::copy_text(description, std::min<size_t>(length, sizeof description - 1), text,
                            capacity);
}

striate_status striate_context_create(striate_isa max_isa, striate_context** context,
                                      striate_error* error) noexcept {
  return guarded(error, [&] {
    if (context == nullptr) fail(STRIATE_INVALID_ARGUMENT, "context is NULL");
    *context = nullptr;
    const striate_isa isa = striate::resolve_isa(max_isa);
    striate::kernel_table();
    *context = new striate_context{isa};
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
    striate::check_request(request, context->isa);
    const striate::Request checked(*request, context->isa);
    std::string able, discouraged, unable;
    for (const striate::KernelEntry& entry : striate::kernel_table()) {
      if (entry.op != request->op) continue;
      const std::string reason = entry.isa > context->isa
                                     ? std::string("needs ") + striate::isa_name(entry.isa) +
                                           ", this context is capped at " +
                                           striate::isa_name(context->isa)
                                     : entry.can_do(checked, entry);
      if (!reason.empty()) {
        unable += "-" + entry.id + ": " + reason + "\n";
        continue;
      }
      const std::string slower =
          entry.discourages == nullptr ? "" : entry.discourages(checked, entry);
      if (slower.empty())
        able += entry.id + "\n";
      else
        discouraged += entry.id + ": " + slower + "\n";
    }
    able += discouraged + unable;
    length = striate::copy_text(able.data(), able.size(), text, capacity);
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
    striate::check_request(request, context->isa);
    const striate::KernelEntry& entry =
        striate::choose_kernel(striate::Request(*request, context->isa));
    *kernel = striate::make_kernel(*request, context->isa, entry, {}).release();
  });
}

int64_t striate_kernel_copy_bytes(const striate_kernel* kernel) noexcept {
  return kernel == nullptr || !kernel->entry->packs || !kernel->kept.empty()
             ? 0
             : kernel->packs.copy_bytes();
}

striate_status striate_kernel_copy(const striate_kernel* kernel, void* copy, int64_t bytes,
                                   striate_error* error) noexcept {
  return guarded(error, [&] {
    if (kernel == nullptr || copy == nullptr)
      fail(STRIATE_INVALID_ARGUMENT, "%s is NULL", kernel == nullptr ? "kernel" : "copy");
    const int64_t needed = striate_kernel_copy_bytes(kernel);
    if (needed == 0)
      fail(STRIATE_UNSUPPORTED, "kernel %s does not give its constants away",
           kernel->entry->id.c_str());
    if (bytes != needed)
      fail(STRIATE_INVALID_ARGUMENT, "the copy needs %lld bytes, not %lld",
           static_cast<long long>(needed), static_cast<long long>(bytes));
    kernel->packs.copy(kernel->key, copy);
  });
}

striate_status striate_kernel_restore(striate_context* context,
                                      const striate_kernel_request* request, const void* copy,
                                      int64_t bytes, striate_kernel** kernel,
                                      striate_error* error) noexcept {
  return guarded(error, [&] {
    if (kernel == nullptr) fail(STRIATE_INVALID_ARGUMENT, "kernel is NULL");
    *kernel = nullptr;
    if (context == nullptr) fail(STRIATE_INVALID_ARGUMENT, "context is NULL");
    striate::check_request(request, context->isa);
    const striate::KernelEntry& entry = striate::find_kernel(*request, context->isa);
    const uint32_t packed = striate::packed_operands(*request);
    for (int i = 0; i < request->src_count; ++i)
      if (request->constants != nullptr && request->constants[i] != nullptr && !(packed >> i & 1))
        fail(STRIATE_UNSUPPORTED, "src[%d] is a constant that no kernel packs", i);
    *kernel =
        striate::make_kernel(*request, context->isa, entry,
                             striate::PackStore(striate::key_of(entry, *request), copy, bytes))
            .release();
  });
}

void striate_kernel_destroy(striate_kernel* kernel) noexcept { delete kernel; }

const char* striate_kernel_id(const striate_kernel* kernel) noexcept {
  return kernel == nullptr ? "" : kernel->entry->id.c_str();
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
  return kernel == nullptr ? 0 : kernel->tiles;
}

int64_t striate_kernel_scratch_bytes(const striate_kernel* kernel) noexcept {
  return kernel == nullptr ? 0 : kernel->scratch_bytes;
}

int64_t striate_kernel_packed_bytes(const striate_kernel* kernel) noexcept {
  return kernel == nullptr ? 0 : kernel->kernel->packed_bytes() + kernel->kept_bytes;
}

striate_status striate_kernel_run(const striate_kernel* kernel, const void* const* src,
                                  void* const* dst, int64_t first, int64_t last,
                                  void* scratch) noexcept {
  if (kernel == nullptr || src == nullptr || dst == nullptr || first < 0 || first > last ||
      last > kernel->tiles)
    return STRIATE_INVALID_ARGUMENT;
  if (kernel->scratch_bytes > 0 &&
      (scratch == nullptr || (reinterpret_cast<uintptr_t>(scratch) & 63) != 0))
    return STRIATE_INVALID_ARGUMENT;
  for (int i = 0; i < kernel->src_count; ++i)
    if (src[i] == nullptr && (kernel->constant_mask >> i & 1) == 0) return STRIATE_INVALID_ARGUMENT;
  for (int i = 0; i < kernel->dst_count; ++i)
    if (dst[i] == nullptr) return STRIATE_INVALID_ARGUMENT;
  if (first == last) return STRIATE_OK;
  const void* operands[kMaxOperands];
  if (!kernel->kept.empty()) {
    for (int i = 0; i < kernel->src_count; ++i)
      operands[i] = kernel->kept_at[i] != nullptr ? kernel->kept_at[i] : src[i];
    src = operands;
  }
  kernel->kernel->run(src, dst, first, last, scratch);
  return STRIATE_OK;
}

}  // extern "C"
