#include "support/harness.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <chrono>
#include <exception>
#include <vector>

namespace striate::test {
namespace {

struct Test {
  const char* name;
  TestFunction function;
};

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

struct State {
  int64_t checks = 0;
  int64_t failures = 0;
  bool skipped = false;
  std::string notes;
} state;

}  // namespace

Registration::Registration(const char* name, TestFunction function) {
  tests().push_back({name, function});
}

bool check(bool ok, const char* file, int line, const char* format, ...) {
  ++state.checks;
  if (ok) return true;
  if (++state.failures <= 20) {
    const char* slash = strrchr(file, '/');
    printf("  FAILED %s:%d: ", slash ? slash + 1 : file, line);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
  }
  return false;
}

void skip(const char* format, ...) {
  state.skipped = true;
  va_list arguments;
  va_start(arguments, format);
  printf("  skipped: ");
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
}

void note(const std::string& text) { state.notes += ", " + text; }

uint64_t seed() {
  static const uint64_t value = [] {
    const char* text = getenv("STRIATE_TEST_SEED");
    return text != nullptr ? strtoull(text, nullptr, 10) : 1;
  }();
  return value;
}

uint64_t Random::bits() {
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return state_ * 0x2545F4914F6CDD1Du;
}

int64_t Random::integer(int64_t low, int64_t high) {
  return low + static_cast<int64_t>((bits() >> 11) % static_cast<uint64_t>(high - low + 1));
}

float Random::real() {
  return static_cast<float>(static_cast<int64_t>(bits() >> 40) - (1 << 23)) / (1 << 23);
}

int run_tests(int argc, char** argv) {
  printf("seed %llu (STRIATE_TEST_SEED)\n", static_cast<unsigned long long>(seed()));
  int failed = 0, ran = 0, skipped = 0;
  for (const Test& test : tests()) {
    bool wanted = argc < 2;
    for (int i = 1; i < argc; ++i) wanted = wanted || strstr(test.name, argv[i]) != nullptr;
    if (!wanted) continue;
    state = State();
    const auto start = std::chrono::steady_clock::now();
    try {
      test.function();
    } catch (const std::exception& e) {
      check(false, test.name, 0, "threw %s", e.what());
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const bool bad = state.failures > 0 || (state.checks == 0 && !state.skipped);
    ++ran;
    failed += bad;
    skipped += state.skipped;
    printf("%-7s %s: %lld checks, %lld failed%s, %.2f s\n",
           bad             ? "FAIL"
           : state.skipped ? "SKIP"
                           : "ok",
           test.name, static_cast<long long>(state.checks), static_cast<long long>(state.failures),
           state.notes.c_str(), seconds);
    fflush(stdout);
  }
  if (ran == 0) printf("no test matches\n");
  if (failed > 0 || ran == 0) return 1;
  return skipped == ran ? 77 : 0;
}

}  // namespace striate::test
