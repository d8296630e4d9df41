// Program: what a striate_kernel of this library runs. Its parts are the pieces of split.h, each a
// short list of oneDNN primitives.
//
// One primitive of a part computes; the others, if any, are reorders that move an operand between
// the caller's layout and one that oneDNN has a fast kernel for ("staged": oneDNN knows no gaps
// between pixels in most primitives and would fall back to its reference loops). A tile runs on the
// thread that calls, with oneDNN held to one thread.
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
#include "base/kept_tensor.h"
#include "onednn/split.h"

namespace striate::onednn {

// A request whose pointers and tensors have been checked.
class Request {
 public:
  explicit Request(const striate_kernel_request& raw) : raw_(raw) {}
  striate_op op() const { return raw_.op; }
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
  striate_kernel_request raw_;
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

class Builder;
class Composer;

class Program {
 public:
  ~Program();
  const std::string& id() const { return id_; }
  int64_t tiles() const { return tiles_; }
  int64_t scratch_bytes() const { return scratch_bytes_; }
  int64_t packed_bytes() const { return packed_bytes_; }
  striate_status run(const void* const* src, void* const* dst, int64_t first, int64_t last,
                     void* scratch) const noexcept;

 private:
  friend class Builder;
  friend class Composer;
  struct Step {
    dnnl::primitive primitive;
    std::vector<Argument> arguments;
  };
  struct Part {
    std::vector<Step> steps;
    int64_t first_tile = 0, tiles = 1;
    int64_t src_at[kMaxSrc] = {}, dst_at = 0;
    std::vector<Loop> loops;
  };
  struct Slot;
  std::unique_ptr<Slot> make_slot() const;
  bool place(const Slot& slot, size_t part, int64_t tile, const void* const* src, void* const* dst,
             void* scratch) const;

  std::string id_;
  int64_t tiles_ = 0;
  int64_t scratch_bytes_ = 0;
  std::vector<Part> parts_;
  std::vector<AlignedBuffer> buffers_;
  std::vector<float*> constants_;  // in buffers_
  std::vector<KeptTensor> copies_;
  const char* kept_[kMaxSrc] = {};  // element 0 of a constant operand that tiles read in part
  int64_t packed_bytes_ = 0;
  int src_count_ = 0;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Slot>> free_;
};

// Puts a program together, part by part. With `dry` only its id is found: nothing is packed or
// compiled.
class Composer {
 public:
  Composer(const striate_kernel_request& whole, bool dry);
  // Plans the piece by `plan`.
  void add(const Piece& piece, void (*plan)(Builder&));
  // <op>/onednn/f32/<layout>/<oneDNN's names of the implementations>[/staged-...]
  std::unique_ptr<Program> finish(const char* op, const char* layout);

 private:
  friend class Builder;
  // A constant that is packed already.
  struct Packed {
    const void* data;
    Desc have, want;
    int64_t index;
  };
  void keep(const striate_kernel_request& whole, int i);
  // Memory of the program's own, NULL when dry. All of it lies together, for the sake of TLBs.
  float* allocate(int64_t bytes);
  // Gives it an index.
  Place add_constant(int64_t bytes);

  bool dry_;
  int64_t room_ = 0, used_ = 0;  // floats in the first buffer
  std::string implementations_, staged_;
  std::vector<Packed> packed_;
  std::unique_ptr<Program> program_;
};

// Plans one part.
class Builder {
 public:
  Builder(const Request& request, Composer* composer);

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

  Place scratch(size_t bytes);

  // How another part has packed this constant, or NULL.
  const Desc* packed_as(int i, const Desc& have) const;
  const Request& request() const { return request_; }

 private:
  friend class Composer;
  void add(const dnnl::primitive_desc_base& pd, std::vector<Argument> arguments);
  Place pack(int i, const Desc& have, const Desc& want);

  const Request& request_;
  Composer& composer_;
  Program& program_;
  int64_t scratch_bytes_ = 0;
  std::string implementation_, staged_;
  std::vector<Program::Step> steps_;
};

// oneDNN's name of an implementation, fit for an id: "brg_conv_fwd:avx512_core".
std::string implementation_of(const dnnl::primitive_desc_base& pd);
// Whether that is one of oneDNN's reference loops, which exist to be correct and not to be used.
bool is_reference(const dnnl::primitive_desc_base& pd);

}  // namespace striate::onednn

#endif  // STRIATE_ONEDNN_PROGRAM_H
