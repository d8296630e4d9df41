#include "kernels/families.h"

namespace striate {

void add_kernels(std::vector<KernelEntry>& table) { (void)table; }

const std::vector<OpEntry>& op_table() {
  static const std::vector<OpEntry> table = {};
  return table;
}

}  // namespace striate
