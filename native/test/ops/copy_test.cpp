// COPY, PAD and RESIZE: elements that move, against the definition.
#include <math.h>

#include "ops/op_check.h"

namespace striate::test {
namespace {

const Dims kShapes[] = {{1},
                        {1031},
                        {4, 4},
                        {5, 7},
                        {17, 33},
                        {1, 3, 14, 15},
                        {2, 2, 9, 13},
                        {2, 16, 9, 16},
                        {1, 67, 19, 21},
                        {2, 5, 3, 4, 7},
                        {1, 1, 6, 1},
                        {1, 260, 18, 17}};

}  // namespace

TEST(copy_any_to_any_layout) {
  uint64_t number = seed() * 60;
  for (const Dims& dims : kShapes)
    for (int from = 0; from < kLayouts; ++from)
      for (int to = 0; to < kLayouts; ++to) {
        OpTest test(STRIATE_OP_COPY, nullptr, 0, ++number);
        const Values& x = test.src(layout_number(from, dims, test.random()), OpTest::Draw::kReals);
        test.dst(layout_number(to, dims, test.random()));
        test.threads(static_cast<int>(number % 3) + 1);
        test.run([&](const Dims& out) { return Expected{x.at(out), 0}; }, "copy");
      }
}

TEST(copy_broadcast_source) {
  OpTest test(STRIATE_OP_COPY, nullptr, 0, 3);
  striate_tensor_desc desc = row_major({1, 5, 1, 1});
  desc.dims[2] = 6;  // stride 0 repeats the element
  desc.dims[3] = 7;
  desc.strides[2] = desc.strides[3] = 0;
  // all indices of one channel name one element: the values agree
  std::vector<float> values;
  each_index({1, 5, 6, 7}, [&](const Dims& i) { values.push_back(static_cast<float>(i[1])); });
  test.src(desc, values);
  test.dst(row_major({1, 5, 6, 7}));
  test.run([](const Dims& out) { return Expected{static_cast<double>(out[1]), 0}; }, "stride 0");
}

TEST(copy_every_kernel_ran) { check_all_run(STRIATE_OP_COPY); }

TEST(pad_all_modes) {
  uint64_t number = seed() * 70;
  for (const Dims& dims : kShapes)
    for (int mode = STRIATE_PAD_CONSTANT; mode <= STRIATE_PAD_EDGE; ++mode)
      for (int layout = 0; layout < kLayouts; ++layout) {
        Random random(++number);
        striate_pad_params p{};
        p.mode = mode;
        p.value = 2.5f;
        Dims out = dims;
        for (size_t d = 0; d < dims.size(); ++d) {
          const int64_t most = mode == STRIATE_PAD_REFLECT ? std::min<int64_t>(dims[d] - 1, 3) : 3;
          const int64_t least = -std::min<int64_t>(2, (dims[d] - 1) / 2);
          p.begin[d] = random.integer(least, most);
          out[d] += p.begin[d] + random.integer(least, most);
        }
        OpTest test(STRIATE_OP_PAD, &p, sizeof p, number);
        const Values& x = test.src(layout_number(layout, dims, random), OpTest::Draw::kReals);
        test.dst(layout_number(layout, out, random));
        test.threads(static_cast<int>(number % 3) + 1);
        test.run(
            [&](const Dims& o) {
              Dims at = o;
              for (size_t d = 0; d < dims.size(); ++d) {
                int64_t i = o[d] - p.begin[d];
                const int64_t last = dims[d] - 1;
                if (i < 0 || i > last) {
                  if (mode == STRIATE_PAD_CONSTANT) return Expected{2.5, 0};
                  i = mode == STRIATE_PAD_EDGE ? (i < 0 ? 0 : last) : i < 0 ? -i : 2 * last - i;
                }
                at[d] = i;
              }
              return Expected{x.at(at), 0};
            },
            "pad mode " + std::to_string(mode));
      }
}

TEST(pad_crops_everything) {
  // 4 cropped before 3 elements, 6 added after: only padding remains.
  for (int mode = STRIATE_PAD_CONSTANT; mode <= STRIATE_PAD_EDGE; mode += STRIATE_PAD_EDGE) {
    striate_pad_params p{};
    p.mode = mode;
    p.value = 2.5f;
    p.begin[1] = -4;
    OpTest test(STRIATE_OP_PAD, &p, sizeof p, 1);
    test.src(row_major({2, 3}), {1, 2, 3, 4, 5, 6});
    test.dst(row_major({2, 5}));
    test.run(
        [&](const Dims& o) {
          return Expected{mode == STRIATE_PAD_EDGE ? 3.0 * static_cast<double>(o[0] + 1) : 2.5, 0};
        },
        "cropped beyond the end");
  }
}

TEST(pad_rejects) {
  striate_pad_params p{};
  p.mode = STRIATE_PAD_REFLECT;
  p.begin[1] = 3;
  OwnedRequest request;
  request.op = STRIATE_OP_PAD;
  request.params = &p;
  request.params_bytes = sizeof p;
  request.src = {row_major({2, 3})};
  request.dst = {row_major({2, 6})};
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "at most 2 can be reflected");
  p.mode = 7;
  check_rejected(request, STRIATE_INVALID_ARGUMENT, "mode is 7");
}

TEST(pad_every_kernel_ran) { check_all_run(STRIATE_OP_PAD); }

}  // namespace striate::test
