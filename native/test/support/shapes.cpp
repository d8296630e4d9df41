#include "support/shapes.h"

#include <fstream>
#include <sstream>

namespace striate::test {

std::vector<Layer> read_shapes(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    fprintf(stderr, "cannot read %s\n", path.c_str());
    exit(2);
  }
  std::vector<Layer> layers;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::istringstream in(line);
    Layer layer;
    ConvCase& c = layer.shape;
    in >> layer.name >> layer.kind >> layer.count >> c.n >> c.ic >> c.in[0] >> c.in[1] >> c.oc >>
        c.kernel[0] >> c.kernel[1] >> c.stride[0] >> c.stride[1] >> c.pad_begin[0] >>
        c.pad_begin[1] >> c.pad_end[0] >> c.pad_end[1] >> c.dilation[0] >> c.dilation[1] >>
        c.groups;
    if (!in || !c.valid() || (layer.kind != "conv" && layer.kind != "dense")) {
      fprintf(stderr, "%s:%d: not a layer: %s\n", path.c_str(), number, line.c_str());
      exit(2);
    }
    layers.push_back(layer);
  }
  return layers;
}

}  // namespace striate::test
