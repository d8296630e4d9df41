#include "ops/op_check.h"

#include <math.h>
#include <string.h>

#include <algorithm>
#include <numeric>

#include "dispatch/kernel.h"

namespace striate::test {
namespace {

std::set<std::string>& seen() {
  static std::set<std::string> ids;
  return ids;
}

}  // namespace

Values::Values(const Dims& d) : dims(d) {
  data.resize(static_cast<size_t>(
      std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<int64_t>())));
}

double Values::at(const Dims& index) const {
  int64_t offset = 0;
  for (size_t d = 0; d < dims.size(); ++d) offset = offset * dims[d] + index[d];
  return data[static_cast<size_t>(offset)];
}

void each_index(const Dims& dims, const std::function<void(const Dims&)>& visit) {
  Dims index(dims.size(), 0);
  for (;;) {
    visit(index);
    size_t d = dims.size();
    while (d > 0 && ++index[d - 1] == dims[d - 1]) index[--d] = 0;
    if (d == 0) return;
  }
}

striate_tensor_desc layout_number(int number, const Dims& dims, Random& random) {
  if (number == 0 || (number < 3 && dims.size() < 3)) return row_major(dims);
  if (number == 1) return channels_last(dims, dims[1]);
  if (number == 2) return channels_last(dims, dims[1] + random.integer(1, 19));
  // 3: any order of dimensions, dense; 4: the same with gaps and reversed dimensions
  std::vector<int> order(dims.size());
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1],
              order[static_cast<size_t>(random.integer(0, static_cast<int64_t>(i) - 1))]);
  striate_tensor_desc desc{};
  desc.rank = static_cast<int32_t>(dims.size());
  int64_t step = number == 4 ? random.integer(1, 3) : 1;
  for (int d : order) {
    desc.dims[d] = dims[static_cast<size_t>(d)];
    desc.strides[d] = number == 4 && random.integer(0, 3) == 0 ? -step : step;
    step = step * desc.dims[d] + (number == 4 ? random.integer(0, 2) : 0);
  }
  return desc;
}

striate_tensor_desc random_layout(const Dims& dims, Random& random) {
  return layout_number(static_cast<int>(random.integer(0, kLayouts - 1)), dims, random);
}

std::string describe(const striate_tensor_desc& desc) { return layout_text(desc); }

OpTest::OpTest(striate_op op, const void* params, int64_t params_bytes, uint64_t seed)
    : random_(seed) {
  request_.op = op;
  request_.params = params;
  request_.params_bytes = params_bytes;
}

const Values& OpTest::src(const striate_tensor_desc& desc, Draw draw, bool constant) {
  std::vector<float> values(static_cast<size_t>(
      std::accumulate(desc.dims, desc.dims + desc.rank, int64_t{1}, std::multiplies<int64_t>())));
  for (float& v : values)
    v = draw == Draw::kIntegers ? static_cast<float>(random_.integer(-9, 9))
        : draw == Draw::kReals  ? random_.real()
                                : fabsf(random_.real()) + 0.0625f;
  return src(desc, values, constant);
}

const Values& OpTest::src(const striate_tensor_desc& desc, const std::vector<float>& values,
                          bool constant) {
  const Flush flush = random_.integer(0, 1) ? Flush::kEnd : Flush::kFront;
  src_.push_back(std::make_unique<GuardedTensor>(desc, flush));
  src_.back()->fill([&](int64_t i) { return values[static_cast<size_t>(i)]; });
  values_.push_back(std::make_unique<Values>(Dims(desc.dims, desc.dims + desc.rank)));
  std::copy(values.begin(), values.end(), values_.back()->data.begin());
  request_.src.push_back(desc);
  request_.constants.push_back(constant ? src_.back()->base() : nullptr);
  return *values_.back();
}

void OpTest::dst(const striate_tensor_desc& desc) {
  dst_ = std::make_unique<GuardedTensor>(desc, random_.integer(0, 1) ? Flush::kEnd : Flush::kFront);
  request_.dst = {desc};
}

std::vector<const void*> OpTest::operands() const {
  std::vector<const void*> at;
  for (size_t i = 0; i < src_.size(); ++i)
    at.push_back(request_.constants[i] != nullptr ? nullptr : src_[i]->base());
  return at;
}

void OpTest::run(const std::function<Expected(const Dims&)>& reference, const std::string& text) {
  const striate_tensor_desc& desc = dst_->desc();
  std::vector<Expected> expected;
  each_index(Dims(desc.dims, desc.dims + desc.rank),
             [&](const Dims& index) { expected.push_back(reference(index)); });
  std::string where = text + ", dst " + describe(desc);
  for (size_t i = 0; i < src_.size(); ++i)
    where += ", src " + std::to_string(i) + " " + describe(src_[i]->desc());
  request_.kernel_id.clear();
  const std::vector<std::string> ids = able_kernels(request_);
  CHECK(!ids.empty(), "no kernel: %s", where.c_str());
  for (const std::string& id : ids) {
    request_.kernel_id = id;
    TestKernel kernel(request_);
    if (!CHECK(kernel.ok(), "%s: create: %s: %s", id.c_str(), kernel.error().c_str(),
               where.c_str()))
      continue;
    seen().insert(id);
    dst_->reset();
    CHECK(kernel.run(operands(), {dst_->base()}) == STRIATE_OK, "%s: run: %s", id.c_str(),
          where.c_str());
    const std::vector<float> values = dst_->values();
    for (size_t i = 0; i < values.size(); ++i) {
      const double got = static_cast<double>(values[i]);
      const Expected& e = expected[i];
      const bool ok = isnan(e.value)   ? isnan(got)
                      : isinf(e.value) ? got == e.value
                                       : fabs(got - e.value) <= e.bound;
      if (!CHECK(ok, "%s: element %zu of %zu is %.9g, not %.9g (bound %.3g): %s", id.c_str(), i,
                 values.size(), got, e.value, e.bound, where.c_str()))
        break;
    }
    CHECK(dst_->gaps_untouched(), "%s: wrote beside dst: %s", id.c_str(), where.c_str());
    GuardedTensor again(desc, Flush::kEnd);
    CHECK(kernel.run_split(operands(), {again.base()}, random_) == STRIATE_OK, "%s: split run",
          id.c_str());
    CHECK(dst_->same_bytes(again), "%s: another partition of %lld tiles gave other bits: %s",
          id.c_str(), static_cast<long long>(kernel.tiles()), where.c_str());
  }
}

void OpTest::run_onto(int i) {
  GuardedTensor& onto = *src_[static_cast<size_t>(i)];
  const std::vector<float> original = onto.values();
  request_.kernel_id.clear();
  for (const std::string& id : able_kernels(request_)) {
    request_.kernel_id = id;
    TestKernel kernel(request_);
    if (!CHECK(kernel.ok(), "%s: %s", id.c_str(), kernel.error().c_str())) continue;
    dst_->reset();
    kernel.run(operands(), {dst_->base()});
    const std::vector<float> apart = dst_->values();
    kernel.run(operands(), {onto.base()});
    const std::vector<float> in_place = onto.values();
    CHECK(memcmp(apart.data(), in_place.data(), apart.size() * 4) == 0,
          "%s: writing onto src %d gave other bits", id.c_str(), i);
    onto.fill([&](int64_t k) { return original[static_cast<size_t>(k)]; });
  }
}

const std::set<std::string>& kernels_run() { return seen(); }

void check_all_run(striate_op op) {
  const striate_isa isa = striate_context_isa(context());
  for (const KernelEntry& entry : kernel_table())
    if (entry.op == op && entry.isa <= isa)
      CHECK(seen().count(entry.id) == 1, "%s was never run", entry.id.c_str());
  for (const KernelEntry& entry : kernel_table())
    if (entry.op == op && seen().count(entry.id) == 1) note(entry.id);
}

void check_rejected(const OwnedRequest& request, striate_status status, const char* part) {
  striate_status got = STRIATE_OK;
  const std::string text = create_error(request, &got);
  CHECK(got == status && text.find(part) != std::string::npos,
        "status %d \"%s\"; expected %d with \"%s\"", got, text.c_str(), status, part);
}

}  // namespace striate::test
