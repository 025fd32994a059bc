//===- Agreement.cpp - Kernels of the CPU against level 0 -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/cpu/Harness.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace agon::test;

void agon::test::expectAgreement(const std::string &module, double tolerance) {
  Compiled reference(module, {256, 0, false});
  ASSERT_TRUE(reference.valid()) << module;
  std::vector<Array> inputs = reference.inputs();
  for (size_t i = 0; i != inputs.size(); ++i)
    fillRandomly(inputs[i], 17 * i + 1);
  std::vector<Array> expected = reference.run(inputs);
  for (unsigned bits : {256u, 512u}) {
    if (!supported(bits))
      continue;
    for (bool inPlace : {false, true}) {
      Compiled kernel(module, {bits, 3, inPlace});
      ASSERT_TRUE(kernel.valid()) << module;
      if (inPlace && !kernel.sharesBuffers())
        continue;
      std::vector<Array> actual = kernel.run(inputs);
      for (size_t r = 0; r != actual.size(); ++r)
        for (size_t i = 0; i != actual[r].values.size(); ++i) {
          double a = actual[r].values[i], b = expected[r].values[i];
          if (a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= tolerance * (1 + std::abs(b)))
            continue;
          FAIL() << "result " << r << ", element " << i << ": expected " << b << ", got " << a << " (" << bits
                 << " bits" << (inPlace ? ", in place" : "") << ")\n"
                 << module;
        }
      if (kernel.tasks() == 1)
        continue;
      for (int64_t piece : {1, 3}) {
        std::vector<Array> cut = kernel.run(inputs, piece);
        for (size_t r = 0; r != actual.size(); ++r)
          ASSERT_EQ(0,
                    std::memcmp(cut[r].values.data(), actual[r].values.data(), cut[r].values.size() * sizeof(double)))
              << "cut in pieces of " << piece << "\n"
              << module;
      }
    }
  }
}
