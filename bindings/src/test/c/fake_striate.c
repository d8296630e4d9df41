/*
 * A library that exports striate.h and computes nothing: it records what it was given, so that the
 * tests see both sides of the boundary. Variants are chosen by macros: FAKE_ABI (another version),
 * FAKE_INCOMPLETE (no striate_kernel_run), FAKE_NEEDS_OTHER (an undefined dependency is linked in).
 */
#include <stdlib.h>
#include <string.h>

#include "striate/striate.h"

#ifndef FAKE_ABI
#define FAKE_ABI STRIATE_ABI_VERSION
#endif

struct striate_context {
  striate_isa isa;
};
struct striate_kernel {
  striate_op op;
  char id[64];
};

/* Observed by the tests through symbol lookup. */
STRIATE_API volatile int64_t fake_live_contexts, fake_live_kernels, fake_running, fake_hold,
    fake_runs;
STRIATE_API volatile int64_t fake_destroyed_while_running;
STRIATE_API striate_kernel_request fake_request;
STRIATE_API striate_tensor_desc fake_src0, fake_dst0;
STRIATE_API unsigned char fake_params[512];

static striate_status fail(striate_status status, const char* text, striate_error* error) {
  if (error) {
    error->code = status;
    strncpy(error->text, text, sizeof error->text - 1);
    error->text[sizeof error->text - 1] = 0;
  }
  return status;
}

int32_t striate_abi_version(void) { return FAKE_ABI; }

int64_t striate_describe(char* text, int64_t capacity) {
  /* Longer than the first guess of any caller. */
  int64_t length = 3000;
  for (int64_t i = 0; i < length && i < capacity - 1; ++i) text[i] = 'x';
  if (capacity > 0) text[length < capacity - 1 ? length : capacity - 1] = 0;
  return length;
}

striate_status striate_context_create(striate_isa max_isa, striate_context** context,
                                      striate_error* error) {
  if (max_isa == 99)
    return fail(STRIATE_UNSUPPORTED, "this CPU has no such set: caf\xc3\xa9", error);
  *context = malloc(sizeof **context);
  (*context)->isa = max_isa ? max_isa : STRIATE_ISA_PORTABLE;
  __atomic_add_fetch(&fake_live_contexts, 1, __ATOMIC_SEQ_CST);
  return STRIATE_OK;
}

void striate_context_destroy(striate_context* context) {
  if (!context) return;
  free(context);
  __atomic_sub_fetch(&fake_live_contexts, 1, __ATOMIC_SEQ_CST);
}

striate_isa striate_context_isa(const striate_context* context) { return context->isa; }

int64_t striate_kernel_list(striate_context* context, const striate_kernel_request* request,
                            char* text, int64_t capacity, striate_error* error) {
  (void)context;
  if (request->src_count == 0) {
    fail(STRIATE_INVALID_ARGUMENT, "src_count is 0", error);
    return -1;
  }
  int64_t length = 0; /* 1000 lines: more than the caller's first buffer */
  for (int i = 0; i < 1000; ++i)
    for (const char* p = "fake/kernel\n"; *p; ++p, ++length)
      if (length < capacity - 1) text[length] = *p;
  text[length < capacity - 1 ? length : capacity - 1] = 0;
  return length;
}

striate_status striate_kernel_create(striate_context* context,
                                     const striate_kernel_request* request, striate_kernel** kernel,
                                     striate_error* error) {
  (void)context;
  fake_request = *request;
  if (request->src_count > 0) fake_src0 = request->src[0];
  if (request->dst_count > 0) fake_dst0 = request->dst[0];
  memset(fake_params, 0, sizeof fake_params);
  if (request->params) memcpy(fake_params, request->params, (size_t)request->params_bytes);
  if (request->op == STRIATE_OP_COPY) {
    char text[600]; /* as long as an error can be */
    memset(text, 'e', sizeof text);
    text[sizeof text - 1] = 0;
    return fail(STRIATE_UNSUPPORTED, text, error);
  }
  *kernel = malloc(sizeof **kernel);
  (*kernel)->op = request->op;
  strcpy((*kernel)->id, request->kernel_id ? "named/" : "fake/kernel");
  if (request->kernel_id) strncat((*kernel)->id, request->kernel_id, 32);
  __atomic_add_fetch(&fake_live_kernels, 1, __ATOMIC_SEQ_CST);
  return STRIATE_OK;
}

void striate_kernel_destroy(striate_kernel* kernel) {
  if (!kernel) return;
  if (fake_running) fake_destroyed_while_running = 1;
  free(kernel);
  __atomic_sub_fetch(&fake_live_kernels, 1, __ATOMIC_SEQ_CST);
}

const char* striate_kernel_id(const striate_kernel* kernel) { return kernel->id; }
int64_t striate_kernel_tiles(const striate_kernel* kernel) {
  (void)kernel;
  return 7;
}
int64_t striate_kernel_scratch_bytes(const striate_kernel* kernel) {
  (void)kernel;
  return 4096;
}
int64_t striate_kernel_packed_bytes(const striate_kernel* kernel) {
  (void)kernel;
  return 5000000000;
}

int64_t striate_kernel_copy_bytes(const striate_kernel* kernel) {
  (void)kernel;
  return 8;
}
striate_status striate_kernel_copy(const striate_kernel* kernel, void* copy, int64_t bytes,
                                   striate_error* error) {
  (void)kernel;
  if (bytes != 8) return fail(STRIATE_INVALID_ARGUMENT, "the copy needs 8 bytes", error);
  memcpy(copy, "a copy!", 8);
  return STRIATE_OK;
}
striate_status striate_kernel_restore(striate_context* context,
                                      const striate_kernel_request* request, const void* copy,
                                      int64_t bytes, striate_kernel** kernel,
                                      striate_error* error) {
  if (bytes != 8 || memcmp(copy, "a copy!", 8) != 0)
    return fail(STRIATE_INVALID_ARGUMENT, "this is no copy", error);
  return striate_kernel_create(context, request, kernel, error);
}
striate_status striate_memory_allocate(int64_t bytes, void** memory, striate_error* error) {
  *memory = aligned_alloc(64, (size_t)((bytes + 63) / 64 * 64));
  return *memory ? STRIATE_OK : fail(STRIATE_OUT_OF_MEMORY, "no memory", error);
}
void striate_memory_free(void* memory) { free(memory); }

#ifndef FAKE_INCOMPLETE
striate_status striate_kernel_run(const striate_kernel* kernel, const void* const* src,
                                  void* const* dst, int64_t first, int64_t last, void* scratch) {
  (void)kernel;
  (void)scratch;
  if (first < 0) return STRIATE_INTERNAL;
  __atomic_add_fetch(&fake_running, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&fake_hold, __ATOMIC_SEQ_CST)) {
  }
  if (dst) ((float*)dst[0])[0] = ((const float*)src[0])[0] + (float)(last - first);
  __atomic_add_fetch(&fake_runs, 1, __ATOMIC_SEQ_CST);
  __atomic_sub_fetch(&fake_running, 1, __ATOMIC_SEQ_CST);
  return STRIATE_OK;
}
#endif

#ifdef FAKE_NEEDS_OTHER
int fake_other(void);
STRIATE_API int fake_call_other(void) { return fake_other(); }
#endif
