// Kernel: what striate_kernel points to. KernelEntry: one row of the kernel table.
//
// To add an op: write its check in kernels/<op>/<op>.h, its kernels beside it, one function
// `add_<op>_kernels`, and name both in dispatch/kernel_table.cpp.
#ifndef STRIATE_DISPATCH_KERNEL_H
#define STRIATE_DISPATCH_KERNEL_H

#include <stdint.h>

#include <memory>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "dispatch/pack_store.h"
#include "striate/striate.h"

namespace striate {

// The operands, a bit for each, whose constants kernels of this op read during create. The C ABI
// keeps copies of other constants, and kernels get them like operands of run.
uint32_t packed_operands(const striate_kernel_request& request);

// A striate_kernel_request whose pointers, counts, sizes and tensors have been checked. For one
// thread.
class Request {
 public:
  // With `packs`, the kernel's packed constants are kept in sight of it, or come from it.
  Request(const striate_kernel_request& raw, striate_isa isa, PackStore* packs = nullptr)
      : raw_(raw), isa_(isa), packed_(packed_operands(raw)), packs_(packs) {}
  striate_op op() const { return raw_.op; }
  striate_isa isa() const { return isa_; }
  int threads() const { return raw_.threads; }
  striate_accuracy accuracy() const { return raw_.accuracy; }
  int src_count() const { return raw_.src_count; }
  int dst_count() const { return raw_.dst_count; }
  const Tensor& src(int i) const { return raw_.src[i]; }
  const Tensor& dst(int i = 0) const { return raw_.dst[i]; }
  // Data of a constant operand of packed_operands, or null when it comes with run.
  const void* constant(int i) const {
    return raw_.constants != nullptr && (packed_ >> i & 1) != 0 ? raw_.constants[i] : nullptr;
  }
  const float* constant_f32(int i) const { return static_cast<const float*>(constant(i)); }
  // Whether a constant of f32 that may be read has no infinity and no NaN; looked at only once,
  // whatever the number of kernels that ask.
  bool finite(int i) const {
    if (!(scanned_ >> i & 1)) {
      scanned_ |= 1u << i;
      if (all_finite(src(i), constant_f32(i))) finite_ |= 1u << i;
    }
    return (finite_ >> i & 1) != 0;
  }
  template <class Params>
  const Params& params() const {
    return *static_cast<const Params*>(raw_.params);
  }
  const char* kernel_id() const { return raw_.kernel_id; }
  // True if packed constants come from a copy: `constant` then only says whether there is one, and
  // what it points to may be read nowhere but in the `fill` of pack.
  bool restoring() const { return packs_ != nullptr && packs_->restoring(); }
  // Constants in the order of the kernel: `count` floats that `fill(float*)` writes, zero before.
  // What is packed otherwise cannot be restored: see KernelEntry::packs.
  template <class Fill>
  AlignedBuffer pack(int64_t count, Fill&& fill) const {
    PackStore alone;
    return (packs_ != nullptr ? *packs_ : alone).pack(count, fill, AlignedBuffer::kZero);
  }
  // The same for a `fill` that writes every float; before, they hold anything.
  template <class Fill>
  AlignedBuffer pack_all(int64_t count, Fill&& fill) const {
    PackStore alone;
    return (packs_ != nullptr ? *packs_ : alone).pack(count, fill, AlignedBuffer::kNone);
  }

 private:
  const striate_kernel_request& raw_;
  striate_isa isa_;
  uint32_t packed_;
  PackStore* packs_;
  mutable uint32_t scanned_ = 0, finite_ = 0;  // a bit for each operand
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  // Computes tiles [first, last), first < last. Never throws, never allocates.
  virtual void run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                   void* scratch) const noexcept = 0;
  virtual int64_t tiles() const = 0;
  virtual int64_t scratch_bytes() const { return 0; }
  virtual int64_t packed_bytes() const { return 0; }
};

struct KernelEntry {
  std::string id;  // <op>/<algorithm>/<dtype>/<layout>/<isa>/<tile>
  striate_op op;
  striate_isa isa;  // the least that it needs
  // An empty text when the kernel can do the request, the reason otherwise. May assume that the
  // op's check has passed.
  std::string (*can_do)(const Request&, const KernelEntry&);
  std::unique_ptr<Kernel> (*create)(const Request&, const KernelEntry&);
  const void* variant;  // what tells entries of one family apart, e.g. the functions of one ISA
  // Empty, or why a kernel further down will do better: the entry is then taken only by name. Null:
  // always empty. May assume can_do.
  std::string (*discourages)(const Request&, const KernelEntry&) = nullptr;
  // Whether every constant goes through Request::pack, so that the kernel can be restored.
  bool packs = false;
};

struct OpEntry {
  striate_op op;
  const char* name;
  int64_t params_bytes;           // 0: the op has none
  void (*check)(const Request&);  // throws Failure
};

// Every kernel of this library, for each op the best first.
const std::vector<KernelEntry>& kernel_table();
const OpEntry* find_op(striate_op op);  // null when unknown

// Checks everything that does not depend on the kernel: throws Failure.
void check_request(const striate_kernel_request* raw, striate_isa isa);

// The kernel that the request names, or the first that can do it.
const KernelEntry& choose_kernel(const Request& request);

}  // namespace striate

#endif  // STRIATE_DISPATCH_KERNEL_H
