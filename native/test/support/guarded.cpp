#include "support/guarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace striate::test {
namespace {

constexpr uint32_t kSentinel = 0x7FC5A5A5u;  // a quiet NaN with a payload of its own

float sentinel() {
  float value;
  memcpy(&value, &kSentinel, 4);
  return value;
}

int64_t reach(const striate_tensor_desc& d, bool up) {
  int64_t sum = 0;
  for (int i = 0; i < d.rank; ++i) {
    const int64_t step = (d.dims[i] - 1) * d.strides[i];
    if ((step > 0) == up) sum += up ? step : -step;
  }
  return sum;
}

}  // namespace

GuardedBuffer::GuardedBuffer(int64_t bytes, Flush flush) : bytes_(bytes) {
  const int64_t page = sysconf(_SC_PAGESIZE);
  const int64_t payload = (bytes + page - 1) / page * page;
  mapped_bytes_ = payload + 2 * page;
  mapping_ = mmap(nullptr, static_cast<size_t>(mapped_bytes_), PROT_NONE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char* start = static_cast<char*>(mapping_) + page;
  if (mapping_ == MAP_FAILED ||
      (payload > 0 && mprotect(start, static_cast<size_t>(payload), PROT_READ | PROT_WRITE) != 0)) {
    perror("mmap of a guarded buffer");
    exit(1);
  }
  data_ = flush == Flush::kEnd ? start + payload - bytes : start;
}

GuardedBuffer::~GuardedBuffer() { munmap(mapping_, static_cast<size_t>(mapped_bytes_)); }

GuardedTensor::GuardedTensor(const striate_tensor_desc& desc, Flush flush)
    : desc_(desc),
      low_(reach(desc, false)),
      span_(low_ + reach(desc, true) + 1),
      buffer_(span_ * 4, flush),
      base_(static_cast<float*>(buffer_.data()) + low_) {
  reset();
}

void GuardedTensor::reset() {
  float* p = static_cast<float*>(buffer_.data());
  for (int64_t i = 0; i < span_; ++i) p[i] = sentinel();
}

template <class Visit>
void GuardedTensor::visit(Visit&& visit) const {
  int64_t index[STRIATE_MAX_RANK] = {};
  int64_t offset = 0;
  for (;;) {
    visit(offset);
    int d = desc_.rank - 1;
    for (; d >= 0; --d) {
      offset += desc_.strides[d];
      if (++index[d] < desc_.dims[d]) break;
      offset -= index[d] * desc_.strides[d];
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

void GuardedTensor::fill(const std::function<float(int64_t)>& value) {
  int64_t i = 0;
  visit([&](int64_t offset) { base_[offset] = value(i++); });
}

std::vector<float> GuardedTensor::values() const {
  std::vector<float> all;
  visit([&](int64_t offset) { all.push_back(base_[offset]); });
  return all;
}

bool GuardedTensor::gaps_untouched() const {
  std::vector<bool> named(static_cast<size_t>(span_));
  visit([&](int64_t offset) { named[static_cast<size_t>(low_ + offset)] = true; });
  for (int64_t i = 0; i < span_; ++i) {
    uint32_t bits;
    memcpy(&bits, static_cast<const float*>(buffer_.data()) + i, 4);
    if (!named[static_cast<size_t>(i)] && bits != kSentinel) return false;
  }
  return true;
}

bool GuardedTensor::same_bytes(const GuardedTensor& other) const {
  return span_ == other.span_ &&
         memcmp(buffer_.data(), other.buffer_.data(), static_cast<size_t>(span_ * 4)) == 0;
}

striate_tensor_desc row_major(const std::vector<int64_t>& dims) {
  striate_tensor_desc desc{};
  desc.rank = static_cast<int32_t>(dims.size());
  int64_t stride = 1;
  for (int d = desc.rank - 1; d >= 0; --d) {
    desc.dims[d] = dims[static_cast<size_t>(d)];
    desc.strides[d] = stride;
    stride *= desc.dims[d];
  }
  return desc;
}

striate_tensor_desc channels_last(const std::vector<int64_t>& dims, int64_t pitch) {
  striate_tensor_desc desc{};
  desc.rank = static_cast<int32_t>(dims.size());
  for (int d = 0; d < desc.rank; ++d) desc.dims[d] = dims[static_cast<size_t>(d)];
  desc.strides[1] = 1;
  int64_t stride = pitch;
  for (int d = desc.rank - 1; d >= 2; --d) {
    desc.strides[d] = stride;
    stride *= desc.dims[d];
  }
  desc.strides[0] = stride;
  return desc;
}

}  // namespace striate::test
