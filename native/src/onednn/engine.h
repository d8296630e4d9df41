// The process-wide side of oneDNN: its CPU engine, the cap on instruction sets, its threads.
#ifndef STRIATE_ONEDNN_ENGINE_H
#define STRIATE_ONEDNN_ENGINE_H

#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "striate/striate.h"

namespace striate::onednn {

// oneDNN's CPU engine; throws dnnl::error.
const dnnl::engine& engine();

// The instruction set of a new context. oneDNN keeps its cap for the whole process and fixes it at
// first use, so the first context decides: a later one that asks for another cap is refused, one
// that asks for STRIATE_ISA_ANY takes what there is. portable means SSE4.1, the least oneDNN has.
striate_isa open_context(striate_isa max_isa);

// One line: versions, threading run-time.
std::string describe();

// Holds oneDNN to one thread where it is called from this one, and puts the former number back: the
// threads are the caller's. OpenMP keeps the number per thread, so others are not touched. A oneDNN
// built for TBB or threads of its own does not obey, as describe() says.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace striate::onednn

#endif  // STRIATE_ONEDNN_ENGINE_H
