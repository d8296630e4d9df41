// A test framework of one header: TEST(name) { ... CHECK(condition, "format", ...); }
//
// One executable per op. Arguments select tests by substring. Prints each test with its number of
// checks and its time; exits with 1 if any check failed, 77 if every test was skipped.
// STRIATE_TEST_SEED replays a printed seed.
#ifndef STRIATE_TEST_SUPPORT_HARNESS_H
#define STRIATE_TEST_SUPPORT_HARNESS_H

#include <stdint.h>
#include <stdio.h>

#include <string>

namespace striate::test {

using TestFunction = void (*)();

struct Registration {
  Registration(const char* name, TestFunction function);
};

// Counts a check; a failed one is printed, the first 20 of a test.
bool check(bool ok, const char* file, int line, const char* format, ...)
    __attribute__((format(printf, 4, 5)));

// Marks the running test as skipped, with the reason.
void skip(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Counted and printed with the result of the running test, e.g. "604 shapes".
void note(const std::string& text);

// With sanitizers, which are slow, the larger tests try less.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Of this run: 1 unless STRIATE_TEST_SEED says otherwise.
uint64_t seed();

// The body of main of every test program.
int run_tests(int argc, char** argv);

// xorshift64*: small, seedable, the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x1234567u) {}
  uint64_t bits();
  int64_t integer(int64_t low, int64_t high);  // both included
  float real();                                // in [-1, 1)
  template <class T, size_t N>
  const T& pick(const T (&values)[N]) {
    return values[integer(0, static_cast<int64_t>(N) - 1)];
  }

 private:
  uint64_t state_;
};

}  // namespace striate::test

#define TEST(name)                                                                  \
  static void test_##name();                                                        \
  static const striate::test::Registration registration_##name(#name, test_##name); \
  static void test_##name()

#define CHECK(condition, ...) striate::test::check((condition), __FILE__, __LINE__, __VA_ARGS__)

#endif  // STRIATE_TEST_SUPPORT_HARNESS_H
