#include "onednn/program.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "onednn/engine.h"

namespace striate::onednn {

struct Program::Slot {
  struct Binding {
    dnnl_memory_t memory;
    Place place;
  };
  dnnl::stream stream;
  std::vector<dnnl::memory> memories;
  std::vector<Binding> bindings;
  std::vector<std::vector<dnnl_exec_arg_t>> arguments;  // per step
};

Program::~Program() = default;

int64_t Program::packed_bytes() const {
  int64_t sum = 0;
  for (const AlignedBuffer& buffer : constants_) sum += buffer.bytes();
  return sum;
}

std::unique_ptr<Program::Slot> Program::make_slot() const {
  auto slot = std::make_unique<Slot>();
  slot->stream = dnnl::stream(engine());
  for (const Step& step : steps_) {
    std::vector<dnnl_exec_arg_t>& arguments = slot->arguments.emplace_back();
    for (const Argument& argument : step.arguments) {
      void* address = DNNL_MEMORY_NONE;
      if (argument.place.kind == Place::kConstant)
        address = const_cast<float*>(constants_[static_cast<size_t>(argument.place.index)].data());
      slot->memories.emplace_back(argument.desc, engine(), address);
      const dnnl_memory_t memory = slot->memories.back().get();
      arguments.push_back({argument.id, memory});
      if (argument.place.kind != Place::kConstant)
        slot->bindings.push_back({memory, argument.place});
    }
  }
  return slot;
}

striate_status Program::run(const void* const* src, void* const* dst,
                            void* scratch) const noexcept {
  std::unique_ptr<Slot> slot;
  try {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!free_.empty()) {
        slot = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (slot == nullptr) slot = make_slot();
    const ThreadScope threads(threads_);
    for (const Slot::Binding& binding : slot->bindings) {
      void* address = nullptr;
      switch (binding.place.kind) {
        case Place::kSrc:
          address = const_cast<void*>(src[binding.place.index]);
          break;
        case Place::kDst:
          address = dst[0];
          break;
        default:
          address = scratch;
      }
      address = static_cast<char*>(address) + binding.place.bytes;
      if (dnnl_memory_set_data_handle(binding.memory, address) != dnnl_success)
        return STRIATE_INTERNAL;
    }
    for (size_t i = 0; i < steps_.size(); ++i) {
      const std::vector<dnnl_exec_arg_t>& arguments = slot->arguments[i];
      if (dnnl_primitive_execute(steps_[i].primitive.get(), slot->stream.get(),
                                 static_cast<int>(arguments.size()),
                                 arguments.data()) != dnnl_success)
        return STRIATE_INTERNAL;
    }
    if (dnnl_stream_wait(slot->stream.get()) != dnnl_success) return STRIATE_INTERNAL;
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(std::move(slot));
    return STRIATE_OK;
  } catch (const std::bad_alloc&) {
    return STRIATE_OUT_OF_MEMORY;
  } catch (...) {
    return STRIATE_INTERNAL;
  }
}

Builder::Builder(const Request& request, bool dry)
    : request_(request), dry_(dry), program_(std::make_unique<Program>()) {
  program_->threads_ = request.threads();
}

Place Builder::scratch(size_t bytes) {
  const Place place{Place::kScratch, 0, program_->scratch_bytes_};
  program_->scratch_bytes_ += round_up(static_cast<int64_t>(bytes), 64);
  return place;
}

Place Builder::read(int i, const Desc& have, const Desc& want) {
  if (request_.constant(i) != nullptr) return pack(i, have, want);
  const Place operand{Place::kSrc, i};
  if (have == want) return operand;
  staged_ += "-src" + std::to_string(i);
  const Place copy = scratch(want.get_size());
  reorder(have, operand, want, copy);
  return copy;
}

Place Builder::write(const Desc& have, const Desc& want) {
  return have == want ? Place{Place::kDst, 0} : scratch(want.get_size());
}

void Builder::store(const Desc& have, const Desc& want, Place from) {
  if (have == want) return;
  staged_ += "-dst";
  reorder(want, from, have, {Place::kDst, 0});
}

Place Builder::pack(int i, const Desc& have, const Desc& want) {
  const Place place{Place::kConstant, static_cast<int64_t>(program_->constants_.size())};
  if (dry_) {
    program_->constants_.emplace_back(0);
    return place;
  }
  AlignedBuffer buffer(ceil_div(static_cast<int64_t>(want.get_size()), 4));
  dnnl::memory from(have, engine(), const_cast<void*>(request_.constant(i)));
  dnnl::memory to(want, engine(), buffer.data());
  dnnl::stream stream(engine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  program_->constants_.push_back(std::move(buffer));
  return place;
}

Place Builder::constant(const std::vector<float>& values) {
  const Place place{Place::kConstant, static_cast<int64_t>(program_->constants_.size())};
  AlignedBuffer& buffer = program_->constants_.emplace_back(static_cast<int64_t>(values.size()));
  std::copy(values.begin(), values.end(), buffer.data());
  return place;
}

void Builder::reorder(const Desc& from, Place from_place, const Desc& to, Place to_place) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc pd(engine(), from, engine(), to, attributes);
  add(pd, {{DNNL_ARG_FROM, from, from_place}, {DNNL_ARG_TO, to, to_place}});
}

void Builder::compute(const dnnl::primitive_desc_base& pd, std::vector<Argument> arguments) {
  implementation_ = implementation_of(pd);
  add(pd, std::move(arguments));
}

void Builder::add(const dnnl::primitive_desc_base& pd, std::vector<Argument> arguments) {
  const Desc scratchpad = pd.query_md(dnnl::query::exec_arg_md, DNNL_ARG_SCRATCHPAD);
  if (scratchpad.get_size() > 0)
    arguments.push_back({DNNL_ARG_SCRATCHPAD, scratchpad, scratch(scratchpad.get_size())});
  Program::Step step;
  if (!dry_) step.primitive = dnnl::primitive(pd.get());
  step.arguments = std::move(arguments);
  program_->steps_.push_back(std::move(step));
}

std::unique_ptr<Program> Builder::finish(const char* op, const char* layout) {
  program_->id_ = std::string(op) + "/onednn/f32/" + layout + "/" + implementation_;
  if (!staged_.empty()) program_->id_ += "/staged" + staged_;
  if (!dry_) program_->free_.push_back(program_->make_slot());
  return std::move(program_);
}

std::string implementation_of(const dnnl::primitive_desc_base& pd) {
  std::string name = pd.impl_info_str();
  for (char& c : name)
    if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:+.-", c) == nullptr)
      c = '-';
  return name;
}

bool is_reference(const dnnl::primitive_desc_base& pd) {
  // "ref:any", and for a transposed convolution "conv:any+ref:any"
  const std::string name = pd.impl_info_str();
  return name.rfind("ref", 0) == 0 || name.find("+ref") != std::string::npos;
}

}  // namespace striate::onednn
