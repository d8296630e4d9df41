// In a file of its own, so that programs with another main link the rest.
#include "support/harness.h"

int main(int argc, char** argv) { return striate::test::run_tests(argc, argv); }
