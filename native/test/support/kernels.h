// Creating and running kernels through the C ABI, for every row of the kernel table.
#ifndef STRIATE_TEST_SUPPORT_KERNELS_H
#define STRIATE_TEST_SUPPORT_KERNELS_H

#include <memory>
#include <string>
#include <vector>

#include "striate/striate.h"
#include "support/guarded.h"
#include "support/harness.h"

namespace striate::test {

// A request that owns its descriptors.
struct OwnedRequest {
  striate_op op;
  const void* params = nullptr;
  int64_t params_bytes = 0;
  std::vector<striate_tensor_desc> src, dst;
  std::vector<const void*> constants;  // empty: none
  std::string kernel_id;               // empty: the best
  int threads = 1;
  striate_accuracy accuracy = STRIATE_ACCURACY_DEFAULT;

  striate_kernel_request view() const;
};

// One context of the best ISA of this CPU, shared by all tests.
striate_context* context();

// Ids of the kernels that can do the request, best first. Fails the test on an error.
std::vector<std::string> able_kernels(const OwnedRequest& request);

// "" or the error's text.
std::string create_error(const OwnedRequest& request, striate_status* status);

class TestKernel {
 public:
  explicit TestKernel(const OwnedRequest& request);
  ~TestKernel() { striate_kernel_destroy(kernel_); }
  TestKernel(const TestKernel&) = delete;
  TestKernel& operator=(const TestKernel&) = delete;

  bool ok() const { return kernel_ != nullptr; }
  const std::string& error() const { return error_; }
  int64_t tiles() const { return striate_kernel_tiles(kernel_); }
  const striate_kernel* get() const { return kernel_; }

  // All tiles in one call.
  striate_status run(const std::vector<const void*>& src, const std::vector<void*>& dst) const;
  // All tiles in ranges of random length, in random order.
  striate_status run_split(const std::vector<const void*>& src, const std::vector<void*>& dst,
                           Random& random) const;

 private:
  striate_status range(const std::vector<const void*>& src, const std::vector<void*>& dst,
                       int64_t first, int64_t last) const;

  bool restore(const striate_kernel_request& request, int64_t bytes);

  striate_kernel* kernel_ = nullptr;
  std::string error_;
  std::unique_ptr<GuardedBuffer> copy_;  // that the kernel lives on
  std::unique_ptr<GuardedBuffer> scratch_;
};

}  // namespace striate::test

#endif  // STRIATE_TEST_SUPPORT_KERNELS_H
