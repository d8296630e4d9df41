#include <string.h>

#include "base/failure.h"
#include "dispatch/cpu_features.h"
#include "dispatch/kernel.h"
#include "kernels/families.h"

namespace striate {

const std::vector<KernelEntry>& kernel_table() {
  static const std::vector<KernelEntry> table = [] {
    std::vector<KernelEntry> entries;
    add_kernels(entries);
    return entries;
  }();
  return table;
}

const OpEntry* find_op(striate_op op) {
  for (const OpEntry& entry : op_table())
    if (entry.op == op) return &entry;
  return nullptr;
}

uint32_t packed_operands(const striate_kernel_request& request) {
  switch (request.op) {
    case STRIATE_OP_CONV:
    case STRIATE_OP_CONV_TRANSPOSE: {
      const auto& p = *static_cast<const striate_conv_params*>(request.params);
      return p.epilogue.has_bias != 0 ? 6 : 2;
    }
    case STRIATE_OP_CONV_POOL: {
      const auto& p = *static_cast<const striate_conv_pool_params*>(request.params);
      return p.conv.epilogue.has_bias != 0 ? 6 : 2;
    }
    case STRIATE_OP_GEMM: {
      const auto& p = *static_cast<const striate_gemm_params*>(request.params);
      return p.epilogue.has_bias != 0 ? 6 : 2;
    }
    case STRIATE_OP_POOL:
      return 2;
    case STRIATE_OP_BATCH_NORM:
      return 30;
    default:
      return 0;
  }
}

void check_request(const striate_kernel_request* raw, striate_isa isa) {
  if (raw == nullptr) fail(STRIATE_INVALID_ARGUMENT, "request is NULL");
  const OpEntry* op = find_op(raw->op);
  if (op == nullptr) {
    if (raw->op >= STRIATE_OP_CONV && raw->op <= STRIATE_OP_CONV_POOL)
      fail(STRIATE_UNSUPPORTED, "this library has no kernel for op %d; ask another provider",
           raw->op);
    fail(STRIATE_INVALID_ARGUMENT, "op is %d, which is no striate_op", raw->op);
  }
  if (raw->params_bytes != op->params_bytes)
    fail(
        STRIATE_INVALID_ARGUMENT,
        "params_bytes is %lld, but the parameters of %s have %lld bytes: header and library differ",
        static_cast<long long>(raw->params_bytes), op->name,
        static_cast<long long>(op->params_bytes));
  if (op->params_bytes != 0 && raw->params == nullptr)
    fail(STRIATE_INVALID_ARGUMENT, "params of %s is NULL", op->name);
  if (raw->src_count < 1 || raw->src_count > 16 || raw->dst_count < 1 || raw->dst_count > 16)
    fail(STRIATE_INVALID_ARGUMENT, "src_count %d and dst_count %d must be 1 to 16", raw->src_count,
         raw->dst_count);
  if (raw->threads < 1 || raw->threads > 65536)
    fail(STRIATE_INVALID_ARGUMENT, "threads is %d; it must be 1 to 65536", raw->threads);
  if (raw->accuracy < STRIATE_ACCURACY_DEFAULT || raw->accuracy > STRIATE_ACCURACY_FAST)
    fail(STRIATE_INVALID_ARGUMENT, "accuracy is %d; it must be 0 (default), 1 (strict) or 2 (fast)",
         raw->accuracy);
  if (raw->src == nullptr || raw->dst == nullptr)
    fail(STRIATE_INVALID_ARGUMENT, "the %s descriptors are NULL", raw->src ? "dst" : "src");
  for (int i = 0; i < raw->src_count; ++i) {
    char name[16];
    snprintf(name, sizeof name, "src[%d]", i);
    check_tensor(raw->src[i], name);
  }
  for (int i = 0; i < raw->dst_count; ++i) {
    char name[16];
    snprintf(name, sizeof name, "dst[%d]", i);
    check_writable(raw->dst[i], name);
  }
  op->check(Request(*raw, isa));
}

const KernelEntry& choose_kernel(const Request& request) {
  std::string reasons;
  bool named = false;
  for (const KernelEntry& entry : kernel_table()) {
    if (entry.op != request.op()) continue;
    if (request.kernel_id() != nullptr) {
      if (entry.id != request.kernel_id()) continue;
      named = true;
      if (entry.isa > request.isa())
        fail(STRIATE_UNSUPPORTED, "kernel %s needs %s, but this context is capped at %s",
             entry.id.c_str(), isa_name(entry.isa), isa_name(request.isa()));
    } else if (entry.isa > request.isa()) {
      continue;
    }
    std::string reason = entry.can_do(request, entry);
    if (reason.empty() && request.kernel_id() == nullptr && entry.discourages != nullptr)
      reason = entry.discourages(request, entry);
    if (reason.empty()) return entry;
    reasons += (reasons.empty() ? "" : "; ") + entry.id + ": " + reason;
  }
  if (request.kernel_id() != nullptr && !named)
    fail(STRIATE_INVALID_ARGUMENT, "kernel_id \"%.100s\" names no kernel of op %s",
         request.kernel_id(), find_op(request.op())->name);
  fail(STRIATE_UNSUPPORTED, "no kernel of op %s can do this: %s", find_op(request.op())->name,
       reasons.c_str());
}

}  // namespace striate
