//===- Agreement.cpp - Kernels of the CPU against level 0 -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/cpu/Harness.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace agon::test;

/// A contraction of f32 in bf16, whose operands are exact in it, but for what a prologue makes of them.
static void expectBf16Agreement(const std::string &module) {
  Compiled reference(module, {256, 0, false});
  std::vector<Array> inputs = reference.inputs();
  for (size_t i = 0; i != inputs.size(); ++i) {
    fillRandomly(inputs[i], 17 * i + 1);
    // And after a prologue that scales by a function of a number.
    for (double &value : inputs[i].values)
      value = inputs[i].shape.empty() ? 0 : std::round(value * 4) / 4;
  }
  std::vector<Array> expected = reference.run(inputs), first;
  // The narrowest vectors, and the instructions or what the widest have in their place.
  std::vector<Variant> variants = bf16Variants();
  for (const Variant &variant : {variants.front(), variants.back()}) {
    Compiled kernel(module, variant);
    ASSERT_TRUE(kernel.valid()) << module;
    std::vector<Array> actual = kernel.run(inputs), cut = kernel.tasks() > 1 ? kernel.run(inputs, 1) : actual;
    if (first.empty())
      first = actual;
    for (size_t r = 0; r != actual.size(); ++r) {
      ASSERT_EQ(actual[r].values, first[r].values) << variant.vectorBits << " bits\n" << module;
      ASSERT_EQ(actual[r].values, cut[r].values) << variant.vectorBits << " bits, cut\n" << module;
      // A comparison of what was rounded may turn out either way.
      for (size_t i = 0; i != actual[r].values.size() && actual[r].element != "i1"; ++i)
        ASSERT_NEAR(actual[r].values[i], expected[r].values[i], 1e-2 * (1 + std::abs(expected[r].values[i])))
            << "result " << r << ", element " << i << ", " << variant.vectorBits << " bits\n"
            << module;
    }
  }
}

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
  if (!testing::Test::HasFailure() && module.find("agon.region contraction") != std::string::npos &&
      module.find("f64") == std::string::npos)
    expectBf16Agreement(module);
}
