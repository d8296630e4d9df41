#include "onednn/engine.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <mutex>

#include "base/failure.h"

namespace striate::onednn {
namespace {

struct OpenMp {
  void (*set_threads)(int);
  int (*max_threads)();
};

// Looked up, not linked: a system oneDNN may come without OpenMP. And looked up in what oneDNN
// itself was linked with, because a process may hold more than one OpenMP.
const OpenMp& open_mp() {
  static const OpenMp functions = [] {
    OpenMp found{};
    Dl_info library;
    if (dnnl_version()->cpu_runtime != DNNL_RUNTIME_OMP ||
        dladdr(reinterpret_cast<const void*>(&dnnl_version), &library) == 0)
      return found;
    void* onednn = dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (onednn == nullptr) onednn = RTLD_DEFAULT;  // linked statically
    void* set = dlsym(onednn, "omp_set_num_threads");
    void* get = dlsym(onednn, "omp_get_max_threads");
    if (set != nullptr && get != nullptr) {
      memcpy(&found.set_threads, &set, sizeof set);
      memcpy(&found.max_threads, &get, sizeof get);
    }
    return found;
  }();
  return functions;
}

const char* isa_name(striate_isa isa) {
  switch (isa) {
    case STRIATE_ISA_PORTABLE:
      return "portable";
    case STRIATE_ISA_AVX2:
      return "avx2";
    case STRIATE_ISA_AVX512:
      return "avx512";
    default:
      return "any";
  }
}

striate_isa from_environment() {
  const char* value = getenv("STRIATE_MAX_ISA");
  if (value == nullptr || *value == '\0') return STRIATE_ISA_ANY;
  for (striate_isa isa : {STRIATE_ISA_PORTABLE, STRIATE_ISA_AVX2, STRIATE_ISA_AVX512})
    if (strcmp(value, isa_name(isa)) == 0) return isa;
  fail(STRIATE_INVALID_ARGUMENT, "STRIATE_MAX_ISA is \"%s\"; use portable, avx2 or avx512", value);
}

dnnl_cpu_isa_t cap_of(striate_isa isa) {
  switch (isa) {
    case STRIATE_ISA_PORTABLE:
      return dnnl_cpu_isa_sse41;
    case STRIATE_ISA_AVX2:
      return dnnl_cpu_isa_avx2;
    default:
      return dnnl_cpu_isa_default;
  }
}

// oneDNN's values are sets of bits, each better one a superset.
striate_isa effective() {
  const int isa = static_cast<int>(dnnl_get_effective_cpu_isa());
  const auto has = [isa](dnnl_cpu_isa_t part) { return (isa & part) == static_cast<int>(part); };
  return has(dnnl_cpu_isa_avx512_core) ? STRIATE_ISA_AVX512
         : has(dnnl_cpu_isa_avx2)      ? STRIATE_ISA_AVX2
                                       : STRIATE_ISA_PORTABLE;
}

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

striate_isa open_context(striate_isa max_isa) {
  static std::mutex mutex;
  static bool decided = false;
  static striate_isa cap = STRIATE_ISA_ANY;

  if (max_isa < STRIATE_ISA_ANY || max_isa > STRIATE_ISA_AVX512)
    fail(STRIATE_INVALID_ARGUMENT, "max_isa is %d, which is no striate_isa", max_isa);
  const striate_isa environment = from_environment();
  striate_isa wanted = max_isa == STRIATE_ISA_ANY ? environment : max_isa;
  const std::lock_guard<std::mutex> lock(mutex);
  if (!decided) {
    if (dnnl_set_max_cpu_isa(cap_of(wanted)) != dnnl_success &&
        cap_of(wanted) != dnnl_cpu_isa_default)
      fail(STRIATE_UNSUPPORTED,
           "oneDNN does not accept the cap %s: it is in use in this process already",
           isa_name(wanted));
    cap = wanted;
    decided = true;
  } else if (wanted != STRIATE_ISA_ANY && wanted != cap && wanted != effective()) {
    fail(STRIATE_UNSUPPORTED,
         "oneDNN's instruction set is capped once per process; the first context chose %s, so %s "
         "needs a process of its own",
         isa_name(cap), isa_name(wanted));
  }
  const striate_isa isa = effective();
  if (max_isa != STRIATE_ISA_ANY && isa < max_isa)
    fail(STRIATE_UNSUPPORTED, "oneDNN finds no %s on this CPU, only %s", isa_name(max_isa),
         isa_name(isa));
  engine();
  return isa;
}

std::string describe() {
  const dnnl_version_t* v = dnnl_version();
  std::string text = "libstriate_onednn 0.1.0, oneDNN " + std::to_string(v->major) + "." +
                     std::to_string(v->minor) + "." + std::to_string(v->patch) + ", ";
  switch (v->cpu_runtime) {
    case DNNL_RUNTIME_OMP:
      return text + (open_mp().set_threads != nullptr
                         ? "on the threads that call it"
                         : "OpenMP threads out of reach: their number is OpenMP's own");
    case DNNL_RUNTIME_SEQ:
      return text + "on the threads that call it";
    case DNNL_RUNTIME_TBB:
      return text + "TBB threads, their number is TBB's own";
    default:
      return text + "threads of its own";
  }
}

OneThread::OneThread() : before_(1) {
  const OpenMp& omp = open_mp();
  if (omp.set_threads == nullptr) return;
  before_ = omp.max_threads();
  if (before_ != 1) omp.set_threads(1);
}

OneThread::~OneThread() {
  const OpenMp& omp = open_mp();
  if (before_ != 1 && omp.set_threads != nullptr) omp.set_threads(before_);
}

}  // namespace striate::onednn
