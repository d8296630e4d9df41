#include "support/kernels.h"

#include <string.h>

#include <algorithm>
#include <sstream>

namespace striate::test {

striate_kernel_request OwnedRequest::view() const {
  striate_kernel_request request{};
  request.op = op;
  request.src_count = static_cast<int32_t>(src.size());
  request.dst_count = static_cast<int32_t>(dst.size());
  request.threads = threads;
  request.accuracy = accuracy;
  request.params = params;
  request.params_bytes = params_bytes;
  request.src = src.data();
  request.constants = constants.empty() ? nullptr : constants.data();
  request.dst = dst.data();
  request.kernel_id = kernel_id.empty() ? nullptr : kernel_id.c_str();
  return request;
}

striate_context* context() {
  static striate_context* const shared = [] {
    striate_context* made = nullptr;
    striate_error error{};
    if (striate_context_create(STRIATE_ISA_ANY, &made, &error) != STRIATE_OK) {
      printf("no context: %s\n", error.text);
      exit(1);
    }
    return made;
  }();
  return shared;
}

std::vector<std::string> able_kernels(const OwnedRequest& request) {
  const striate_kernel_request view = request.view();
  striate_error error{};
  std::vector<char> text(65536);
  const int64_t length =
      striate_kernel_list(context(), &view, text.data(), static_cast<int64_t>(text.size()), &error);
  if (!CHECK(length >= 0, "striate_kernel_list: %s", error.text)) return {};
  std::istringstream lines(text.data());
  std::vector<std::string> ids;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] != '-') ids.push_back(line.substr(0, line.find(": ")));
  return ids;
}

std::string create_error(const OwnedRequest& request, striate_status* status) {
  const striate_kernel_request view = request.view();
  striate_error error{};
  striate_kernel* kernel = nullptr;
  *status = striate_kernel_create(context(), &view, &kernel, &error);
  striate_kernel_destroy(kernel);
  return error.text;
}

TestKernel::TestKernel(const OwnedRequest& request) {
  const striate_kernel_request view = request.view();
  striate_error error{};
  if (striate_kernel_create(context(), &view, &kernel_, &error) != STRIATE_OK) {
    error_ = error.text;
    return;
  }
  // Every second kernel that offers a copy is replaced by one restored from it, while all constants
  // are out of reach: so all tests of results hold for restored kernels too.
  static int made = 0;
  const int64_t bytes = striate_kernel_copy_bytes(kernel_);
  if (bytes > 0 && ++made % 2 == 0 && !restore(view, bytes)) return;
  scratch_ = std::make_unique<GuardedBuffer>(striate_kernel_scratch_bytes(kernel_), Flush::kEnd);
}

bool TestKernel::restore(const striate_kernel_request& request, int64_t bytes) {
  copy_ = std::make_unique<GuardedBuffer>(bytes, Flush::kEnd);
  striate_error error{};
  bool done = CHECK(striate_kernel_copy(kernel_, copy_->data(), bytes, &error) == STRIATE_OK,
                    "striate_kernel_copy: %s", error.text);
  striate_kernel_request named = request;
  const std::string id = striate_kernel_id(kernel_);
  named.kernel_id = id.c_str();
  std::vector<const void*> constants(static_cast<size_t>(request.src_count));
  for (size_t i = 0; i < constants.size(); ++i)
    if (request.constants != nullptr && request.constants[i] != nullptr)
      constants[i] = reinterpret_cast<const void*>(uintptr_t{64});
  named.constants = constants.data();
  striate_kernel_destroy(kernel_);
  kernel_ = nullptr;
  done = done && CHECK(striate_kernel_restore(context(), &named, copy_->data(), bytes, &kernel_,
                                              &error) == STRIATE_OK,
                       "striate_kernel_restore of %s: %s", id.c_str(), error.text);
  error_ = error.text;
  return done;
}

striate_status TestKernel::range(const std::vector<const void*>& src, const std::vector<void*>& dst,
                                 int64_t first, int64_t last) const {
  // Scratch carries nothing from call to call: fill it with NaN patterns.
  memset(scratch_->data(), 0xFF, static_cast<size_t>(scratch_->bytes()));
  return striate_kernel_run(kernel_, src.data(), dst.data(), first, last, scratch_->data());
}

striate_status TestKernel::run(const std::vector<const void*>& src,
                               const std::vector<void*>& dst) const {
  return range(src, dst, 0, tiles());
}

striate_status TestKernel::run_split(const std::vector<const void*>& src,
                                     const std::vector<void*>& dst, Random& random) const {
  std::vector<std::pair<int64_t, int64_t>> ranges;
  for (int64_t at = 0; at < tiles();) {
    const int64_t last =
        std::min(tiles(), at + random.integer(1, std::max<int64_t>(1, tiles() / 3)));
    ranges.emplace_back(at, last);
    at = last;
  }
  for (size_t i = ranges.size(); i > 1; --i)
    std::swap(ranges[i - 1],
              ranges[static_cast<size_t>(random.integer(0, static_cast<int64_t>(i) - 1))]);
  for (const auto& [first, last] : ranges)
    if (const striate_status status = range(src, dst, first, last); status != STRIATE_OK)
      return status;
  return STRIATE_OK;
}

}  // namespace striate::test
