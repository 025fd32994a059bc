//===- ContractionTest.cpp - Contractions against level 0 and C++ ---------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/cpu/Harness.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace agon::test;

namespace {
/// C = A B with A and B as given or transposed.
std::string product(int64_t m, int64_t n, int64_t k, bool transposeA, bool transposeB,
                    const std::string &element = "f32", bool transposeC = false) {
  auto tensor = [&](int64_t r, int64_t c, bool transposed) {
    if (transposed)
      std::swap(r, c);
    return "tensor<" + std::to_string(r) + "x" + std::to_string(c) + "x" + element + ">";
  };
  std::string a = tensor(m, k, transposeA), b = tensor(k, n, transposeB), c = tensor(m, n, transposeC);
  std::string maps = std::string("affine_map<(m, n, k) -> ") + (transposeA ? "(k, m)" : "(m, k)") +
                     ">, affine_map<(m, n, k) -> " + (transposeB ? "(n, k)" : "(k, n)") +
                     ">, affine_map<(m, n, k) -> " + (transposeC ? "(n, m)" : "(m, n)") + ">";
  return "func.func @f(%a: " + a + ", %b: " + b + ") {\n%r = agon.region contraction (%a, %b) flops 0 bytes 0 : (" + a +
         ", " + b + ") -> (" + c + ") {\n^bb0(%x: " + a + ", %y: " + b + "):\n%z = arith.constant 0.0 : " + element +
         "\n%e = tensor.empty() : " + c + "\n%f = linalg.fill ins(%z : " + element + ") outs(%e : " + c + ") -> " + c +
         "\n%g = linalg.generic {indexing_maps = [" + maps +
         "], iterator_types = [\"parallel\", \"parallel\", \"reduction\"]} ins(%x, %y : " + a + ", " + b +
         ") outs(%f : " + c + ") {\n^bb0(%p: " + element + ", %q: " + element + ", %acc: " + element +
         "):\n%t = arith.mulf %p, %q : " + element + "\n%s = arith.addf %acc, %t : " + element +
         "\nlinalg.yield %s : " + element + "\n} -> " + c + "\nagon.yield %g : " + c + "\n}\nreturn\n}\n";
}

/// C = A1 B1 + A2 B2 + ... with as many pairs as `forms` has letters: "n", or A ("a") or B ("b") or both ("t")
/// transposed, or a pair whose A has a prologue ("p"). In an epilogue the sum is added to another tensor, if `added`.
std::string sumOfProducts(int64_t m, int64_t n, int64_t k, const std::string &forms, const std::string &element = "f32",
                          bool added = false) {
  auto tensor = [&](int64_t r, int64_t c) {
    return "tensor<" + std::to_string(r) + "x" + std::to_string(c) + "x" + element + ">";
  };
  std::string names, types, arguments, blockArguments, maps, inputs, scalars, prologues, body, c = tensor(m, n);
  auto operand = [&](const std::string &name, const std::string &type) {
    const char *comma = names.empty() ? "" : ", ";
    names += comma + ("%" + name);
    types += comma + type;
    arguments += comma + ("%" + name + ": " + type);
    blockArguments += comma + ("%" + name + "_: " + type);
  };
  for (size_t i = 0; i != forms.size(); ++i) {
    bool turnA = forms[i] == 'a' || forms[i] == 't', turnB = forms[i] == 'b' || forms[i] == 't';
    std::string number = std::to_string(i), x = "a" + number, y = "b" + number, previous = "%s" + std::to_string(i - 1),
                a = turnA ? tensor(k, m) : tensor(m, k), b = turnB ? tensor(n, k) : tensor(k, n);
    operand(x, a);
    operand(y, b);
    maps += std::string("affine_map<(m, n, k) -> ") + (turnA ? "(k, m)" : "(m, k)") + ">, affine_map<(m, n, k) -> " +
            (turnB ? "(n, k)" : "(k, n)") + ">, ";
    if (forms[i] == 'p')
      prologues += "%e" + number + " = tensor.empty() : " + a + "\n%p" + number +
                   " = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], "
                   "iterator_types = [\"parallel\", \"parallel\"]} ins(%" +
                   x + "_ : " + a + ") outs(%e" + number + " : " + a + ") {\n^bb0(%in: " + element +
                   ", %out: " + element + "):\n%v = math.absf %in : " + element + "\nlinalg.yield %v : " + element +
                   "\n} -> " + a + "\n";
    inputs += (i ? ", %" : "%") + (forms[i] == 'p' ? "p" + number : x + "_") + ", %" + y + "_";
    scalars += "%x" + number + ": " + element + ", %y" + number + ": " + element + ", ";
    body += "%t" + number + " = arith.mulf %x" + number + ", %y" + number + " : " + element + "\n%s" + number +
            " = arith.addf " + (i ? previous : "%acc") + ", %t" + number + " : " + element + "\n";
  }
  std::string inputTypes = types, last = "%s" + std::to_string(forms.size() - 1), sum = added ? "%sum" : "%g";
  if (added)
    operand("c", c);
  std::string epilogue =
      "%ec = tensor.empty() : " + c +
      "\n%sum = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, "
      "affine_map<(i, j) -> (i, j)>], iterator_types = [\"parallel\", \"parallel\"]} ins(%g, %c_ : " +
      c + ", " + c + ") outs(%ec : " + c + ") {\n^bb0(%in: " + element + ", %more: " + element + ", %out: " + element +
      "):\n%v = arith.addf %in, %more : " + element + "\nlinalg.yield %v : " + element + "\n} -> " + c + "\n";
  return "func.func @f(" + arguments + ") {\n%r = agon.region contraction (" + names + ") flops 0 bytes 0 : (" + types +
         ") -> (" + c + ") {\n^bb0(" + blockArguments + "):\n" + prologues + "%z = arith.constant 0.0 : " + element +
         "\n%e = tensor.empty() : " + c + "\n%f = linalg.fill ins(%z : " + element + ") outs(%e : " + c + ") -> " + c +
         "\n%g = linalg.generic {indexing_maps = [" + maps +
         "affine_map<(m, n, k) -> (m, n)>], iterator_types = [\"parallel\", \"parallel\", \"reduction\"]} ins(" +
         inputs + " : " + inputTypes + ") outs(%f : " + c + ") {\n^bb0(" + scalars + "%acc: " + element + "):\n" +
         body + "linalg.yield " + last + " : " + element + "\n} -> " + c + "\n" + (added ? epilogue : "") +
         "agon.yield " + sum + " : " + c + "\n}\nreturn\n}\n";
}
} // namespace

TEST(Contraction, AllTransposes) {
  const int64_t shapes[][3] = {{1, 1, 1},     {2, 3, 4},     {1, 17, 5},   {17, 1, 33},   {256, 1, 128},  {256, 2, 128},
                               {256, 128, 2}, {256, 128, 1}, {13, 37, 29}, {14, 32, 64},  {15, 33, 65},   {2, 128, 256},
                               {128, 2, 256}, {100, 10, 50}, {31, 100, 7}, {61, 97, 101}, {128, 128, 64}, {3, 3, 400},
                               {1, 1, 100},   {50, 4, 19},   {33, 8, 70}};
  for (auto &[m, n, k] : shapes)
    for (unsigned form = 0; form != 4; ++form)
      expectAgreement(product(m, n, k, form & 1, form & 2), 2e-5);
}

TEST(Contraction, DoubleAndTransposedResult) {
  const int64_t shapes[][3] = {{1, 1, 1}, {17, 1, 33}, {64, 2, 40}, {13, 37, 29}, {61, 97, 31}};
  for (auto &[m, n, k] : shapes)
    for (unsigned form = 0; form != 4; ++form) {
      expectAgreement(product(m, n, k, form & 1, form & 2, "f64"), 1e-12);
      expectAgreement(product(m, n, k, form & 1, form & 2, "f32", true), 2e-5);
    }
}

TEST(Contraction, AgainstPlainLoops) {
  const int64_t m = 53, n = 71, k = 47;
  for (unsigned bits : {256u, 512u}) {
    if (!supported(bits))
      continue;
    Compiled kernel(product(m, n, k, false, false), {bits, 3, false});
    ASSERT_TRUE(kernel.valid());
    std::vector<Array> inputs = kernel.inputs();
    fillRandomly(inputs[0], 1);
    fillRandomly(inputs[1], 2);
    auto c = kernel.run(inputs)[0].values;
    for (int64_t i = 0; i != m; ++i)
      for (int64_t j = 0; j != n; ++j) {
        double sum = 0;
        for (int64_t l = 0; l != k; ++l)
          sum += inputs[0].values[i * k + l] * inputs[1].values[l * n + j];
        ASSERT_NEAR(sum, c[i * n + j], 1e-4);
      }
  }
}

TEST(Contraction, Large) {
  expectAgreement(product(256, 128, 128, false, false), 1e-4);
  expectAgreement(product(100, 1200, 300, false, true), 1e-4);
  expectAgreement(product(301, 200, 100, true, false), 1e-4);
  expectAgreement(product(130, 150, 5000, true, true), 1e-3);
  expectAgreement(product(64, 5, 20000, false, false), 1e-3);
}

// A dense layer: bias and leaky rectifier after, its mask as a second result, a rectifier's
// derivative on the left operand before, an accumulated initial value.
// clang-format off: programs as text, with values between
TEST(Contraction, PrologueAndEpilogue) {
  for (auto [m, n, k] : {std::tuple(256, 128, 2), {256, 2, 128}, {256, 1, 128}, {100, 37, 61}, {7, 5, 3}, {1, 1, 1},
                         {128, 256, 33}, {40, 20, 3000}}) {
    std::string M = std::to_string(m), N = std::to_string(n), K = std::to_string(k);
    std::string a = "tensor<" + M + "x" + K + "xf32>", b = "tensor<" + K + "x" + N + "xf32>",
                c = "tensor<" + M + "x" + N + "xf32>", cb = "tensor<" + M + "x" + N + "xi1>",
                v = "tensor<" + N + "xf32>";
    expectAgreement("func.func @f(%a: " + a + ", %b: " + b + ", %c: " + c + ", %v: " + v +
                        ", %h: tensor<f32>, %m: " + a +
                        ") {\n%r:2 = agon.region contraction (%a, %b, %c, %v, %h, %m) flops 0 bytes 0 : (" + a + ", " +
                        b + ", " + c + ", " + v + ", tensor<f32>, " + a + ") -> (" + c + ", " + cb +
                        ") {\n^bb0(%x: " + a + ", %y: " + b + ", %init: " + c + ", %bias: " + v +
                        ", %scale: tensor<f32>, %mask: " + a + R"():
      %ea = tensor.empty() : )" + a + R"(
      %pa = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]} ins(%x, %mask, %scale : )" + a + ", " + a + ", tensor<f32>) outs(%ea : " + a + R"() {
      ^bb0(%p: f32, %q: f32, %s: f32, %o: f32):
        %zero = arith.constant 0.0 : f32
        %on = arith.cmpf ogt, %q, %zero : f32
        %t = math.exp %s : f32
        %u = arith.mulf %p, %t : f32
        %w = arith.select %on, %u, %zero : f32
        linalg.yield %w : f32
      } -> )" + a + R"(
      %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
        iterator_types = ["parallel", "parallel", "reduction"]} ins(%pa, %y : )" + a + ", " + b + ") outs(%init : " + c + R"() {
      ^bb0(%p: f32, %q: f32, %acc: f32):
        %t = arith.mulf %p, %q : f32
        %s = arith.addf %acc, %t : f32
        linalg.yield %s : f32
      } -> )" + c + R"(
      %e = tensor.empty() : )" + c + R"(
      %eb = tensor.empty() : )" + cb + R"(
      %o:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]} ins(%g, %bias : )" + c + ", " + v + ") outs(%e, %eb : " + c + ", " + cb + R"() {
      ^bb0(%p: f32, %q: f32, %u: f32, %w: i1):
        %slope = arith.constant 0.2 : f32
        %zero = arith.constant 0.0 : f32
        %s = arith.addf %p, %q : f32
        %t = arith.mulf %s, %slope : f32
        %on = arith.cmpf ogt, %s, %zero : f32
        %l = arith.select %on, %s, %t : f32
        %d = math.tanh %l : f32
        linalg.yield %d, %on : f32, i1
      } -> ()" + c + ", " + cb + ")\nagon.yield %o#0, %o#1 : " + c + ", " + cb + "\n}\nreturn\n}\n",
                    k > 1000 ? 1e-3 : 2e-4);
  }
}
// clang-format on

// Attention scores and their like: a batch dimension, and several dimensions on each side
// that do not collapse.
TEST(Contraction, BatchesAndManyDimensions) {
  expectAgreement(R"(
func.func @f(%a: tensor<5x13x9xf32>, %b: tensor<5x21x9xf32>) {
  %r = agon.region contraction (%a, %b) flops 0 bytes 0 : (tensor<5x13x9xf32>, tensor<5x21x9xf32>) -> tensor<5x13x21xf32> {
  ^bb0(%x: tensor<5x13x9xf32>, %y: tensor<5x21x9xf32>):
    %z = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<5x13x21xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<5x13x21xf32>) -> tensor<5x13x21xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%x, %y : tensor<5x13x9xf32>, tensor<5x21x9xf32>) outs(%f : tensor<5x13x21xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %t = arith.mulf %q, %p : f32
      %s = arith.addf %t, %acc : f32
      linalg.yield %s : f32
    } -> tensor<5x13x21xf32>
    agon.yield %g : tensor<5x13x21xf32>
  }
  return
}
)",
                  1e-5);
  // m = (m0, m1) split by n in memory; k = (k0, k1) in opposite orders in A and B.
  expectAgreement(R"(
func.func @f(%a: tensor<6x4x5x7xf32>, %b: tensor<4x11x6xf32>) {
  %r = agon.region contraction (%a, %b) flops 0 bytes 0 : (tensor<6x4x5x7xf32>, tensor<4x11x6xf32>) -> tensor<7x11x5xf32> {
  ^bb0(%x: tensor<6x4x5x7xf32>, %y: tensor<4x11x6xf32>):
    %z = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<7x11x5xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<7x11x5xf32>) -> tensor<7x11x5xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m0, m1, n, k0, k1) -> (k0, k1, m1, m0)>, affine_map<(m0, m1, n, k0, k1) -> (k1, n, k0)>, affine_map<(m0, m1, n, k0, k1) -> (m0, n, m1)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%x, %y : tensor<6x4x5x7xf32>, tensor<4x11x6xf32>) outs(%f : tensor<7x11x5xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %t = arith.mulf %p, %q : f32
      %s = arith.addf %acc, %t : f32
      linalg.yield %s : f32
    } -> tensor<7x11x5xf32>
    agon.yield %g : tensor<7x11x5xf32>
  }
  return
}
)",
                  1e-5);
}

// Several applications of one layer add to one gradient.
TEST(Contraction, SumsOfProducts) {
  const int64_t shapes[][3] = {{1, 1, 1},    {17, 1, 33}, {256, 1, 128}, {130, 4, 70},
                               {13, 37, 29}, {64, 96, 8}, {61, 97, 101}, {3, 3, 400}};
  for (auto &[m, n, k] : shapes)
    for (const char *forms : {"nn", "aa", "bbb", "tnab", "pn", "apbpt"})
      expectAgreement(sumOfProducts(m, n, k, forms), 5e-5);
  for (const char *forms : {"aa", "tnab"})
    expectAgreement(sumOfProducts(61, 37, 31, forms, "f64", true), 1e-12);
}

// Panels of all pairs together, or of each of them, are more than the caches hold: k is cut.
TEST(Contraction, LongSumsOfProducts) {
  expectAgreement(sumOfProducts(130, 70, 1500, "aat", "f32", true), 1e-3);
  expectAgreement(sumOfProducts(130, 70, 1500, "nb"), 1e-3);
  expectAgreement(sumOfProducts(64, 50, 9000, "pa"), 2e-3);
  expectAgreement(sumOfProducts(40, 1, 20000, "nnnn", "f32", true), 2e-3);
  expectAgreement(sumOfProducts(1024, 512, 64, "aa"), 1e-4);
}

// Operands and what the epilogue reads are more than the caches hold: both are fetched while the sums grow.
TEST(Contraction, FetchedAhead) {
  for (auto [m, n, k] : {std::tuple(301, 500, 37), {30, 437, 337}, {530, 270, 100}})
    for (const char *forms : {"n", "b", "an"})
      expectAgreement(sumOfProducts(m, n, k, forms, "f32", true), 5e-5);
  expectAgreement(sumOfProducts(31, 270, 300, "b", "f64", true), 1e-12);
}

// One column of more rows than lie on the stack.
TEST(Contraction, LongInnerProduct) { expectAgreement(product(20, 1, 150000, false, false), 2e-2); }
