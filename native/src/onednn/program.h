// Program: what a striate_kernel of this library runs, a short list of oneDNN primitives.
//
// One of them computes; the others, if any, are reorders that move an operand between the caller's
// layout and one that oneDNN has a fast kernel for ("staged": oneDNN knows no gaps between pixels
// in most primitives and would fall back to its reference loops). All of a program is one tile:
// oneDNN splits the work over its own threads.
//
// One promise of striate.h is out of reach: oneDNN splits sums by the number of threads and by the
// batch, so bits are equal from run to run but may differ between programs made for other numbers.
//
// A memory object of oneDNN holds an address, so concurrent runs may not share any. Each run takes
// a set of them (a slot) from a free list, writes the addresses and puts it back: after the first
// runs at a given concurrency nothing is created any more.
#ifndef STRIATE_ONEDNN_PROGRAM_H
#define STRIATE_ONEDNN_PROGRAM_H

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "onednn/layout.h"

namespace striate::onednn {

// A request whose pointers and tensors have been checked.
class Request {
 public:
  explicit Request(const striate_kernel_request& raw) : raw_(raw) {}
  striate_op op() const { return raw_.op; }
  int threads() const { return raw_.threads; }
  int src_count() const { return raw_.src_count; }
  const Tensor& src(int i) const { return raw_.src[i]; }
  const Tensor& dst() const { return raw_.dst[0]; }
  const void* constant(int i) const {
    return raw_.constants != nullptr ? raw_.constants[i] : nullptr;
  }
  template <class Params>
  const Params& params() const {
    return *static_cast<const Params*>(raw_.params);
  }

 private:
  const striate_kernel_request& raw_;
};

// Where an argument of a primitive lies: `bytes` into operand `index`, the result, scratch, or the
// constant `index`.
struct Place {
  enum Kind { kSrc, kDst, kScratch, kConstant } kind;
  int64_t index;
  int64_t bytes = 0;
};

struct Argument {
  int id;  // DNNL_ARG_...
  Desc desc;
  Place place;
};

class Program {
 public:
  ~Program();
  const std::string& id() const { return id_; }
  int64_t scratch_bytes() const { return scratch_bytes_; }
  int64_t packed_bytes() const;
  striate_status run(const void* const* src, void* const* dst, void* scratch) const noexcept;

 private:
  friend class Builder;
  struct Step {
    dnnl::primitive primitive;
    std::vector<Argument> arguments;
  };
  struct Slot;
  std::unique_ptr<Slot> make_slot() const;

  std::string id_;
  int threads_ = 1;
  int64_t scratch_bytes_ = 0;
  std::vector<Step> steps_;
  std::vector<AlignedBuffer> constants_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Slot>> free_;
};

// Puts a program together. With `dry` only its id is found: nothing is packed or compiled.
class Builder {
 public:
  Builder(const Request& request, bool dry);

  // Operand i as `want`: where it lies when the caller's layout `have` is that already, a packed
  // copy when it is constant, else a copy made in scratch by each run.
  Place read(int i, const Desc& have, const Desc& want);
  // Where a primitive may write the result as `want`; `store` moves it to the caller's `have`.
  Place write(const Desc& have, const Desc& want);
  void store(const Desc& have, const Desc& want, Place from);

  // Adds the primitive that computes. Its scratchpad is added to the arguments.
  void compute(const dnnl::primitive_desc_base& pd, std::vector<Argument> arguments);
  // A constant of the program's own.
  Place constant(const std::vector<float>& values);
  // Copies between layouts.
  void reorder(const Desc& from, Place from_place, const Desc& to, Place to_place);

  // <op>/onednn/f32/<layout>/<oneDNN's name of the implementation>[/staged-...]
  std::unique_ptr<Program> finish(const char* op, const char* layout);

  const Request& request() const { return request_; }

 private:
  Place scratch(size_t bytes);
  void add(const dnnl::primitive_desc_base& pd, std::vector<Argument> arguments);
  Place pack(int i, const Desc& have, const Desc& want);

  const Request& request_;
  bool dry_;
  std::string implementation_;
  std::string staged_;
  std::unique_ptr<Program> program_;
};

// oneDNN's name of an implementation, fit for an id: "brg_conv_fwd:avx512_core".
std::string implementation_of(const dnnl::primitive_desc_base& pd);
// Whether that is one of oneDNN's reference loops, which exist to be correct and not to be used.
bool is_reference(const dnnl::primitive_desc_base& pd);

}  // namespace striate::onednn

#endif  // STRIATE_ONEDNN_PROGRAM_H
