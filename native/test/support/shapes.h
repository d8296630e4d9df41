// Reads bench/shapes/<model>.txt; the format is in the head of each file.
#ifndef STRIATE_TEST_SUPPORT_SHAPES_H
#define STRIATE_TEST_SUPPORT_SHAPES_H

#include <string>
#include <vector>

#include "conv/conv_case.h"

namespace striate::test {

struct Layer {
  std::string name, kind;
  int64_t count;
  ConvCase shape;
};

// Prints the reason and exits when the file cannot be read.
std::vector<Layer> read_shapes(const std::string& path);

}  // namespace striate::test

#endif  // STRIATE_TEST_SUPPORT_SHAPES_H
