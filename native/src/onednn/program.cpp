#include "onednn/program.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "onednn/engine.h"

namespace striate::onednn {

namespace {

// Adds a word to a list, unless it is there.
void add_word(std::string* list, const std::string& word, char separator) {
  for (size_t at = 0; at < list->size();) {
    const size_t end = std::min(list->find(separator, at), list->size());
    if (list->compare(at, end - at, word) == 0) return;
    at = end + 1;
  }
  if (!list->empty()) *list += separator;
  *list += word;
}

}  // namespace

struct Program::Slot {
  struct Binding {
    dnnl_memory_t memory;
    Place place;
  };
  struct PartArguments {
    std::vector<Binding> bindings;
    std::vector<std::vector<dnnl_exec_arg_t>> steps;
  };
  dnnl::stream stream;
  std::vector<dnnl::memory> memories;
  std::vector<PartArguments> parts;
};

Program::~Program() = default;

std::unique_ptr<Program::Slot> Program::make_slot() const {
  auto slot = std::make_unique<Slot>();
  slot->stream = dnnl::stream(engine());
  for (const Part& part : parts_) {
    Slot::PartArguments& made = slot->parts.emplace_back();
    for (const Step& step : part.steps) {
      std::vector<dnnl_exec_arg_t>& arguments = made.steps.emplace_back();
      for (const Argument& argument : step.arguments) {
        void* address = DNNL_MEMORY_NONE;
        if (argument.place.kind == Place::kConstant)
          address = constants_[static_cast<size_t>(argument.place.index)];
        slot->memories.emplace_back(argument.desc, engine(), address);
        const dnnl_memory_t memory = slot->memories.back().get();
        arguments.push_back({argument.id, memory});
        if (argument.place.kind != Place::kConstant)
          made.bindings.push_back({memory, argument.place});
      }
    }
  }
  return slot;
}

// Writes the addresses of a tile into the memory objects.
bool Program::place(const Slot& slot, size_t at, int64_t tile, const void* const* src,
                    void* const* dst, void* scratch) const {
  const Part& part = parts_[at];
  int64_t src_at[kMaxSrc], dst_at = part.dst_at;
  std::copy(part.src_at, part.src_at + src_count_, src_at);
  for (size_t i = part.loops.size(); i-- > 0;) {
    const Loop& loop = part.loops[i];
    const int64_t index = tile % loop.count;
    tile /= loop.count;
    dst_at += index * loop.dst;
    for (int operand = 0; operand < src_count_; ++operand)
      src_at[operand] += index * loop.src[operand];
  }
  for (const Slot::Binding& binding : slot.parts[at].bindings) {
    char* address = static_cast<char*>(scratch);
    if (binding.place.kind == Place::kSrc) {
      const int64_t i = binding.place.index;
      const void* base = kept_[i] != nullptr ? kept_[i] : src[i];
      address = static_cast<char*>(const_cast<void*>(base)) + src_at[i] * 4;
    } else if (binding.place.kind == Place::kDst) {
      address = static_cast<char*>(dst[0]) + dst_at * 4;
    }
    if (dnnl_memory_set_data_handle(binding.memory, address + binding.place.bytes) != dnnl_success)
      return false;
  }
  return true;
}

striate_status Program::run(const void* const* src, void* const* dst, int64_t first, int64_t last,
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
    const OneThread one_thread;
    size_t at = 0;
    for (int64_t tile = first; tile < last; ++tile) {
      while (tile >= parts_[at].first_tile + parts_[at].tiles) ++at;
      const Part& part = parts_[at];
      const Slot::PartArguments& arguments = slot->parts[at];
      if (!place(*slot, at, tile - part.first_tile, src, dst, scratch)) return STRIATE_INTERNAL;
      for (size_t i = 0; i < part.steps.size(); ++i)
        if (dnnl_primitive_execute(part.steps[i].primitive.get(), slot->stream.get(),
                                   static_cast<int>(arguments.steps[i].size()),
                                   arguments.steps[i].data()) != dnnl_success)
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

// ------------------------------------------------------------------------------------- composing

Composer::Composer(const striate_kernel_request& whole, bool dry)
    : dry_(dry), program_(std::make_unique<Program>()) {
  program_->src_count_ = whole.src_count;
  // Room for packed forms, which may be padded; what they do not need is never touched.
  for (int i = 0; i < whole.src_count; ++i)
    if (whole.constants != nullptr && whole.constants[i] != nullptr)
      room_ += 2 * element_count(whole.src[i]) + 4096;
}

float* Composer::allocate(int64_t bytes) {
  if (dry_) return nullptr;
  const int64_t count = round_up(ceil_div(bytes, 4), 16);
  program_->packed_bytes_ += bytes;
  if (program_->buffers_.empty() && room_ > 0)
    program_->buffers_.emplace_back(room_, AlignedBuffer::kNone);
  if (used_ + count > room_) return program_->buffers_.emplace_back(count).data();
  float* data = program_->buffers_[0].data() + used_;
  used_ += count;
  return data;
}

Place Composer::add_constant(int64_t bytes) {
  program_->constants_.push_back(allocate(bytes));
  return {Place::kConstant, static_cast<int64_t>(program_->constants_.size()) - 1};
}

void Composer::keep(const striate_kernel_request& whole, int i) {
  if (dry_ || program_->kept_[i] != nullptr) return;
  const KeptTensor& copy = program_->copies_.emplace_back(whole.src[i], whole.constants[i]);
  program_->kept_[i] = reinterpret_cast<const char*>(copy.base());
  program_->packed_bytes_ += copy.bytes();
}

void Composer::add(const Piece& piece, void (*plan)(Builder&)) {
  const striate_kernel_request& whole = piece.whole;
  for (int i = 0; i < whole.src_count; ++i)
    if (whole.constants != nullptr && whole.constants[i] != nullptr &&
        piece.constants[i] == nullptr)
      keep(whole, i);
  const Request request(piece.request());
  Builder builder(request, this);
  plan(builder);
  add_word(&implementations_, builder.implementation_, '+');
  if (staged_.empty()) staged_ = builder.staged_;
  Program::Part part;
  part.steps = std::move(builder.steps_);
  part.first_tile = program_->tiles_;
  part.tiles = piece.tiles();
  std::copy(piece.src_at, piece.src_at + kMaxSrc, part.src_at);
  part.dst_at = piece.dst_at;
  part.loops = piece.loops;
  program_->tiles_ += part.tiles;
  program_->scratch_bytes_ = std::max(program_->scratch_bytes_, builder.scratch_bytes_);
  program_->parts_.push_back(std::move(part));
}

std::unique_ptr<Program> Composer::finish(const char* op, const char* layout) {
  program_->id_ = std::string(op) + "/onednn/f32/" + layout + "/" + implementations_;
  if (!staged_.empty()) program_->id_ += "/staged" + staged_;
  if (!dry_) program_->free_.push_back(program_->make_slot());
  return std::move(program_);
}

Builder::Builder(const Request& request, Composer* composer)
    : request_(request), composer_(*composer), program_(*composer->program_) {}

Place Builder::scratch(size_t bytes) {
  const Place place{Place::kScratch, 0, scratch_bytes_};
  scratch_bytes_ += round_up(static_cast<int64_t>(bytes), 64);
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

const Desc* Builder::packed_as(int i, const Desc& have) const {
  const void* data = request_.constant(i);
  for (const Composer::Packed& packed : composer_.packed_)
    if (data != nullptr && packed.data == data && packed.have == have) return &packed.want;
  return nullptr;
}

Place Builder::pack(int i, const Desc& have, const Desc& want) {
  const void* data = request_.constant(i);
  for (const Composer::Packed& packed : composer_.packed_)
    if (packed.data == data && packed.have == have && packed.want == want)
      return {Place::kConstant, packed.index};
  const Place place = composer_.add_constant(static_cast<int64_t>(want.get_size()));
  composer_.packed_.push_back({data, have, want, place.index});
  if (composer_.dry_) return place;
  dnnl::memory from(have, engine(), const_cast<void*>(data));
  dnnl::memory to(want, engine(), program_.constants_.back());
  dnnl::stream stream(engine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return place;
}

Place Builder::constant(const std::vector<float>& values) {
  const Place place = composer_.add_constant(static_cast<int64_t>(values.size() * 4));
  if (!composer_.dry_) std::copy(values.begin(), values.end(), program_.constants_.back());
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
  if (!composer_.dry_) step.primitive = dnnl::primitive(pd.get());
  step.arguments = std::move(arguments);
  steps_.push_back(std::move(step));
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
