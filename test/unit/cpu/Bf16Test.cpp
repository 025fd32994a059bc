//===- Bf16Test.cpp - Contractions in bf16 to the bit ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/cpu/Harness.h"
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace agon::test;

namespace {
/// C = A B, or with A and B as [k, m] and [n, k], by `plan`, or the planner's where that is empty.
std::string product(int64_t m, int64_t n, int64_t k, bool transposeA, bool transposeB, const std::string &plan = "") {
  auto tensor = [&](int64_t rows, int64_t columns) {
    return "tensor<" + std::to_string(rows) + "x" + std::to_string(columns) + "xf32>";
  };
  std::string a = transposeA ? tensor(k, m) : tensor(m, k), b = transposeB ? tensor(n, k) : tensor(k, n),
              c = tensor(m, n);
  std::string maps = std::string("affine_map<(m, n, k) -> ") + (transposeA ? "(k, m)" : "(m, k)") +
                     ">, affine_map<(m, n, k) -> " + (transposeB ? "(n, k)" : "(k, n)") +
                     ">, affine_map<(m, n, k) -> (m, n)>";
  return "func.func @f(%a: " + a + ", %b: " + b + ") {\n%r = agon.region contraction (%a, %b) flops 0 bytes 0 " +
         (plan.empty() ? "" : "attributes {plan = " + plan + "} ") + ": (" + a + ", " + b + ") -> (" + c +
         ") {\n^bb0(%x: " + a + ", %y: " + b + "):\n%z = arith.constant 0.0 : f32\n%e = tensor.empty() : " + c +
         "\n%f = linalg.fill ins(%z : f32) outs(%e : " + c + ") -> " + c + "\n%g = linalg.generic {indexing_maps = [" +
         maps + "], iterator_types = [\"parallel\", \"parallel\", \"reduction\"]} ins(%x, %y : " + a + ", " + b +
         ") outs(%f : " + c +
         ") {\n^bb0(%p: f32, %q: f32, %acc: f32):\n%t = arith.mulf %p, %q : f32\n%s = arith.addf %acc, %t : f32\n"
         "linalg.yield %s : f32\n} -> " +
         c + "\nagon.yield %g : " + c + "\n}\nreturn\n}\n";
}

uint32_t bitsOf(float value) { return std::bit_cast<uint32_t>(value); }
/// Zero for what is no normal number.
float flushed(float value) { return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value; }

/// To nearest, ties to even; NaNs stay such.
float roundedToBf16(float value) {
  if (std::isnan(value))
    return value;
  uint32_t bits = bitsOf(flushed(value));
  return std::bit_cast<float>((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
}

/// a * b + sum, rounded once, to 24 bits whatever the exponent; what is no normal number then is flushed.
float multiplyAdd(float a, float b, float sum) {
  float result = std::fma(a, b, sum);
  // Exact in 64 bits, if anything near the least normal number comes of it.
  long double exact = static_cast<long double>(a) * b + sum;
  bool isLeast = std::abs(result) == 0x1p-126f;
  if (isLeast && std::abs(exact) < 0x1p-126L - 0x1p-151L)
    return std::copysign(0.0f, result);
  return flushed(result);
}

/// The second number of each pair comes first.
float sumOfPairs(const std::vector<float> &a, const std::vector<float> &b) {
  float sum = 0;
  for (size_t k = 0; k < a.size(); k += 2) {
    if (k + 1 < a.size())
      sum = multiplyAdd(roundedToBf16(a[k + 1]), roundedToBf16(b[k + 1]), sum);
    else
      sum = multiplyAdd(0, 0, sum);
    sum = multiplyAdd(roundedToBf16(a[k]), roundedToBf16(b[k]), sum);
  }
  return sum;
}

/// Holds a product in bf16, in every variant, to `sumOfPairs` bit by bit; NaNs to NaNs. `between` has a look at each
/// pair of rows, and the sum.
void expectBits(const std::string &module, int64_t m, int64_t n, int64_t k, bool transposeA, bool transposeB,
                const std::function<float(std::mt19937 &)> &number,
                const std::function<void(const std::vector<float> &, const std::vector<float> &, float)> &look = {}) {
  for (const Variant &variant : bf16Variants()) {
    Compiled kernel(module, variant);
    ASSERT_TRUE(kernel.valid()) << module;
    std::vector<Array> inputs = kernel.inputs();
    std::mt19937 random(7);
    for (Array &input : inputs)
      for (double &value : input.values)
        value = number(random);
    std::vector<double> result = kernel.run(inputs)[0].values;
    for (int64_t i = 0; i != m; ++i)
      for (int64_t j = 0; j != n; ++j) {
        std::vector<float> a, b;
        for (int64_t l = 0; l != k; ++l) {
          a.push_back(float(inputs[0].values[transposeA ? l * m + i : i * k + l]));
          b.push_back(float(inputs[1].values[transposeB ? j * k + l : l * n + j]));
        }
        float expected = sumOfPairs(a, b), actual = float(result[i * n + j]);
        ASSERT_TRUE(bitsOf(actual) == bitsOf(expected) || (std::isnan(expected) && std::isnan(actual)))
            << actual << " for " << expected << " at " << i << ", " << j << ", " << variant.vectorBits << " bits\n"
            << module;
        if (look)
          look(a, b, actual);
      }
  }
}

float uniform(std::mt19937 &random) { return std::uniform_real_distribution<float>(-2, 2)(random); }
} // namespace

// Odd numbers of everything, all transposes; against f64 with the error that rounding two factors to eight bits may
// make, and that of the sum.
TEST(Bf16, SumsOfPairsToTheBit) {
  const int64_t shapes[][3] = {{1, 1, 1},    {2, 3, 4},    {1, 17, 5},   {17, 1, 33}, {13, 37, 29}, {14, 32, 64},
                               {15, 33, 65}, {31, 100, 7}, {61, 47, 31}, {3, 3, 401}, {33, 8, 70},  {5, 20, 6001}};
  auto isNear = [](const std::vector<float> &a, const std::vector<float> &b, float sum) {
    double exact = 0, magnitude = 0;
    for (size_t k = 0; k != a.size(); ++k) {
      exact += double(a[k]) * b[k];
      magnitude += std::abs(double(a[k]) * b[k]);
    }
    ASSERT_NEAR(sum, exact, magnitude * (0x1p-7 + 0x1p-16 + double(a.size()) * 0x1p-24));
  };
  for (auto &[m, n, k] : shapes)
    for (unsigned form = 0; form != 4; ++form) {
      expectBits(product(m, n, k, form & 1, form & 2), m, n, k, form & 1, form & 2, uniform, isNear);
      if (testing::Test::HasFailure())
        return;
    }
}

// Any bits: infinities, NaNs, numbers that are flushed, sums that overflow.
TEST(Bf16, AnyBits) {
  auto any = [](std::mt19937 &random) { return std::bit_cast<float>(uint32_t(random())); };
  for (unsigned form = 0; form != 4; ++form)
    expectBits(product(61, 70, 3, form & 1, form & 2), 61, 70, 3, form & 1, form & 2, any);
}

// Products and sums about the least normal number.
TEST(Bf16, SmallNumbers) {
  auto small = [](std::mt19937 &random) {
    uint32_t exponent = 127 - 63 - random() % 14, others = random() & 0x80030000;
    return std::bit_cast<float>(others | exponent << 23);
  };
  for (int64_t k : {2, 3, 4, 9})
    expectBits(product(120, 120, k, false, true), 120, 120, k, false, true, small);
}

// However C is cut and whatever comes first, a pair is the same two terms.
TEST(Bf16, AnotherPlanHasTheSameBits) {
  auto plan = [](const std::string &sizes, const std::string &a) {
    return "#agon_cpu.contraction<form = outer, " + sizes + ", readings = [#agon_cpu.reading<a = " + a +
           ", b = by_columns>], cycles = 0, precision = bf16>";
  };
  const std::string plans[] = {
      plan("transposed = false, rows = 3, vectors = 2, m_block = 9, n_block = 32, m_shared = 3, k_block = 51, "
           "is_cut = false",
           "by_rows"),
      plan("transposed = false, rows = 5, vectors = 1, m_block = 45, n_block = 16, m_shared = 20, k_block = 18, "
           "is_cut = true",
           "by_columns"),
      plan("transposed = true, rows = 4, vectors = 1, m_block = 24, n_block = 16, m_shared = 24, k_block = 10, "
           "is_cut = true",
           "by_rows"),
  };
  for (unsigned form : {0, 3})
    for (const std::string &each : plans)
      expectBits(product(45, 70, 51, form & 1, form & 2, each), 45, 70, 51, form & 1, form & 2, uniform);
}

TEST(Bf16, PlansThatDoNotFit) {
  auto refused = [](const std::string &text) {
    return !Compiled(product(45, 70, 51, false, false,
                             "#agon_cpu.contraction<" + text +
                                 ", cycles = 0, "
                                 "precision = bf16>"),
                     {256, 3, false, true, Products::EmulatedBf16})
                .valid();
  };
  std::string sizes = "form = outer, transposed = false, rows = 3, vectors = 1, m_block = 9, n_block = 16, "
                      "m_shared = 3, ",
              copied = "readings = [#agon_cpu.reading<a = by_rows, b = by_columns>]";
  EXPECT_FALSE(refused(sizes + "k_block = 51, is_cut = false, " + copied));
  EXPECT_TRUE(refused(sizes + "k_block = 17, is_cut = true, " + copied));
  EXPECT_TRUE(refused(sizes + "k_block = 51, is_cut = false, "
                              "readings = [#agon_cpu.reading<a = in_place, b = by_columns>]"));
}
