// Failure: how code behind the C ABI reports an error. Thrown by create-time checks only, caught
// in abi/, turned into a status and a sentence. Nothing at run time throws.
#ifndef STRIATE_BASE_FAILURE_H
#define STRIATE_BASE_FAILURE_H

#include <stdarg.h>
#include <stdio.h>

#include <exception>

#include "striate/striate.h"

namespace striate {

class Failure : public std::exception {
 public:
  Failure(striate_status status, const char* format, va_list arguments) : status_(status) {
    vsnprintf(text_, sizeof text_, format, arguments);
  }
  striate_status status() const { return status_; }
  const char* what() const noexcept override { return text_; }

 private:
  striate_status status_;
  char text_[508];
};

// Sentences name the value that is wrong and what would be right.
[[noreturn]] inline void fail(striate_status status, const char* format, ...)
    __attribute__((format(printf, 2, 3)));
[[noreturn]] inline void fail(striate_status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  Failure failure(status, format, arguments);
  va_end(arguments);
  throw failure;
}

}  // namespace striate

#endif  // STRIATE_BASE_FAILURE_H
