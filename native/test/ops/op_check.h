// What every op test does: run each kernel of the table that can do a request, under guard pages,
// and compare with a reference in double; then again in another tile partition.
#ifndef STRIATE_TEST_OPS_OP_CHECK_H
#define STRIATE_TEST_OPS_OP_CHECK_H

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/kernels.h"

namespace striate::test {

using Dims = std::vector<int64_t>;

// A value and the largest error allowed; 0 means equal. A NaN expects NaN.
struct Expected {
  double value;
  double bound;
};

// One operand in index order, last dimension fastest.
struct Values {
  Dims dims;
  std::vector<double> data;

  explicit Values(const Dims& dims);
  double at(const Dims& index) const;
};

// Calls `visit` for every index of dims in order.
void each_index(const Dims& dims, const std::function<void(const Dims&)>& visit);

// Row-major, channels-last dense or pitched, or any order of dimensions with gaps and some strides
// negative.
striate_tensor_desc random_layout(const Dims& dims, Random& random);
striate_tensor_desc layout_number(int number, const Dims& dims, Random& random);
constexpr int kLayouts = 5;

std::string describe(const striate_tensor_desc& desc);

class OpTest {
 public:
  OpTest(striate_op op, const void* params, int64_t params_bytes, uint64_t seed);

  // Adds an operand with small integers or reals in [-1, 1); returns its values.
  enum class Draw { kIntegers, kReals, kPositive };
  const Values& src(const striate_tensor_desc& desc, Draw draw, bool constant = false);
  const Values& src(const striate_tensor_desc& desc, const std::vector<float>& values,
                    bool constant = false);
  void dst(const striate_tensor_desc& desc);
  void threads(int count) { request_.threads = count; }

  // Runs every kernel that can do it; `reference` gives the expected value at an index of dst.
  void run(const std::function<Expected(const Dims&)>& reference, const std::string& text);
  // Also writes onto operand i, whose layout is dst's, and compares with the run out of place.
  void run_onto(int i);

  Random& random() { return random_; }
  OwnedRequest& request() { return request_; }

 private:
  std::vector<const void*> operands() const;

  OwnedRequest request_;
  Random random_;
  std::vector<std::unique_ptr<GuardedTensor>> src_;
  std::vector<std::unique_ptr<Values>> values_;
  std::unique_ptr<GuardedTensor> dst_;
};

// The ids that OpTest has run since the program started.
const std::set<std::string>& kernels_run();
// Fails unless every entry of the table for this op that the CPU has was run.
void check_all_run(striate_op op);

// Fails unless create answers with this status and a sentence that contains `part`.
void check_rejected(const OwnedRequest& request, striate_status status, const char* part);

}  // namespace striate::test

#endif  // STRIATE_TEST_OPS_OP_CHECK_H
