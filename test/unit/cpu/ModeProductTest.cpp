//===- ModeProductTest.cpp - Small constant matrices along axes -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The n-mode products that Winograd's convolutions are made of, and others of their form.
//===----------------------------------------------------------------------===//
#include "test/unit/cpu/Harness.h"
#include <cstdio>
#include <gtest/gtest.h>
#include <random>

using namespace agon::test;

namespace {
struct Matrix {
  int64_t rows, columns;
  std::vector<double> elements;
};

// Toom-Cook at 0, 1, -1, 2 and infinity: F(4, 2); at 0, 1, -1, 2, -2 and infinity: F(4, 3).
const Matrix input5{5, 5, {2, -1, -2, 1, 0, 0, -2, -1, 1, 0, 0, 2, -3, 1, 0, 0, -1, 0, 1, 0, 0, 2, -1, -2, 1}};
const Matrix filter52{5, 2, {0.5, 0, -0.5, -0.5, -1. / 6, 1. / 6, 1. / 6, 1. / 3, 0, 1}};
const Matrix output45{4, 5, {1, 1, 1, 1, 0, 0, 1, -1, 2, 0, 0, 1, 1, 4, 0, 0, 1, -1, 8, 1}};
const Matrix input6{6, 6, {4, 0,  -5, 0, 1, 0, 0, -4, -4, 1,  1, 0, 0, 4, -4, -1, 1, 0,
                           0, -2, -1, 2, 1, 0, 0, 2,  -1, -2, 1, 0, 0, 4, 0,  -5, 0, 1}};
const Matrix filter63{6,
                      3,
                      {0.25, 0, 0, -1. / 6, -1. / 6, -1. / 6, -1. / 6, 1. / 6, -1. / 6, 1. / 24, 1. / 12, 1. / 6,
                       1. / 24, -1. / 12, 1. / 6, 0, 0, 1}};
const Matrix output46{4, 6, {1, 1, 1, 1, 1, 0, 0, 1, -1, 2, -2, 0, 0, 1, 1, 4, 4, 0, 0, 1, -1, 8, -8, 1}};

Matrix transposed(const Matrix &m) {
  Matrix t{m.columns, m.rows, {}};
  for (int64_t c = 0; c != m.columns; ++c)
    for (int64_t r = 0; r != m.rows; ++r)
      t.elements.push_back(m.elements[r * m.columns + c]);
  return t;
}

enum Around {
  Alone,
  Prologue,       ///< relu(x * y) over x's own space
  PrologueOfLoop, ///< the same over the whole iteration space, as region formation leaves it
  Epilogue        ///< two results: leaky relu(sum + bias), and its square; bias along the last axis
};

/// The region for matrices along (fi, ai). `dims` are the other dimensions and their sizes.
struct Product {
  std::vector<Matrix> matrices;
  std::vector<std::pair<std::string, int64_t>> dims;
  std::string x, out; ///< results of the maps
  std::vector<int64_t> xShape, outShape;
  Around around = Alone;
  std::string element = "f32";

  std::string text() const;

private:
  std::string tensor(const std::vector<int64_t> &shape) const {
    std::string type = "tensor<";
    for (int64_t size : shape)
      type += std::to_string(size) + "x";
    return type + element + ">";
  }
  static std::string identity(size_t rank) {
    std::string dims;
    for (size_t i = 0; i != rank; ++i)
      dims += (i ? ", d" : "d") + std::to_string(i);
    return "affine_map<(" + dims + ") -> (" + dims + ")>";
  }
  static std::string parallel(size_t rank) {
    std::string kinds;
    for (size_t i = 0; i != rank; ++i)
      kinds += i ? ", \"parallel\"" : "\"parallel\"";
    return "iterator_types = [" + kinds + "]";
  }
  /// An elementwise operation; `arguments` and `body` as in MLIR.
  static std::string generic(const std::string &name, const std::string &maps, size_t rank, const std::string &ins,
                             const std::string &outs, const std::string &body, const std::string &results) {
    return "%" + name + " = linalg.generic {indexing_maps = [" + maps + "], " + parallel(rank) + "} ins(" + ins +
           ") outs(" + outs + ") {\n" + body + "} -> " + results + "\n";
  }
};

std::string Product::text() const {
  const std::string &t = element;
  std::string names, kinds, matrixMaps, operands, types, arguments, constants, product = "%p0";
  std::vector<int64_t> space;
  auto dim = [&](const std::string &name, int64_t size, const char *kind) {
    names += (names.empty() ? "" : ", ") + name;
    kinds += (kinds.empty() ? "\"" : ", \"") + std::string(kind) + "\"";
    space.push_back(size);
  };
  for (size_t i = 0; i != matrices.size(); ++i)
    dim("f" + std::to_string(i + 1), matrices[i].rows, "parallel");
  for (const auto &[name, size] : dims)
    dim(name, size, "parallel");
  for (size_t i = 0; i != matrices.size(); ++i)
    dim("a" + std::to_string(i + 1), matrices[i].columns, "reduction");
  std::string body;
  for (size_t i = 0; i != matrices.size(); ++i) {
    std::string n = std::to_string(i), k = std::to_string(i + 1);
    std::string type = tensor({matrices[i].rows, matrices[i].columns});
    matrixMaps += "affine_map<(" + names + ") -> (f" + k + ", a" + k + ")>, ";
    operands += "%m" + n + ", ";
    types += type + ", ";
    arguments += "%p" + n + ": " + t + ", ";
    constants += "%m" + n + " = arith.constant dense<[";
    for (int64_t r = 0; r != matrices[i].rows; ++r)
      for (int64_t c = 0; c != matrices[i].columns; ++c) {
        char number[40];
        std::snprintf(number, sizeof number, "%.17e", matrices[i].elements[r * matrices[i].columns + c]);
        constants += (c ? ", " : r ? "], [" : "[") + std::string(number);
      }
    constants += "]]> : " + type + "\n";
    std::string next = i + 1 == matrices.size() ? "%px" : "%p" + k;
    body += "%t" + n + " = arith.mulf " + product + ", " + next + " : " + t + "\n";
    product = "%t" + n;
  }
  std::string X = tensor(xShape), O = tensor(outShape), B = tensor({outShape.back()}), S = tensor(space);
  std::string second = around == Epilogue ? B : X, xMap = "affine_map<(" + names + ") -> (" + x + ")>";
  std::string results = around == Epilogue ? "(" + O + ", " + O + ")" : O;
  std::string text =
      "func.func @f(%a: " + X + ", %b: " + second + ") {\n%r" + (around == Epilogue ? std::string(":2") : "") +
      " = agon.region " + (matrices.front().elements.size() > 64 ? "contraction" : "mode_product") +
      " (%a, %b) flops 0 bytes 0 : (" + X + ", " + second + ") -> " + results + " {\n^bb0(%x: " + X +
      ", %y: " + second + "):\n" + constants + "%z = arith.constant 0.0 : " + t + "\n%e = tensor.empty() : " + O +
      "\n%f = linalg.fill ins(%z : " + t + ") outs(%e : " + O + ") -> " + O + "\n";
  std::string source = "%x", sourceType = X, sourceMap = xMap;
  if (around == Prologue || around == PrologueOfLoop) {
    std::string own = around == Prologue ? X : S;
    size_t rank = around == Prologue ? xShape.size() : space.size();
    std::string map = around == Prologue ? identity(rank) : xMap;
    text += "%xe = tensor.empty() : " + own + "\n" +
            generic("pre", map + ", " + map + ", " + identity(rank), rank, "%x, %y : " + X + ", " + X, "%xe : " + own,
                    "^bb0(%p: " + t + ", %q: " + t + ", %o: " + t + "):\n%0 = arith.mulf %p, %q : " + t +
                        "\n%zero = arith.constant 0.0 : " + t + "\n%1 = arith.maximumf %0, %zero : " + t +
                        "\nlinalg.yield %1 : " + t + "\n",
                    own);
    source = "%pre";
    sourceType = own;
    if (around == PrologueOfLoop)
      sourceMap = identity(rank);
  }
  text += "%g = linalg.generic {indexing_maps = [" + matrixMaps + sourceMap + ", affine_map<(" + names + ") -> (" +
          out + ")>], iterator_types = [" + kinds + "]} ins(" + operands + source + " : " + types + sourceType +
          ") outs(%f : " + O + ") {\n^bb0(" + arguments + "%px: " + t + ", %acc: " + t + "):\n" + body +
          "%s = arith.addf %acc, " + product + " : " + t + "\nlinalg.yield %s : " + t + "\n} -> " + O + "\n";
  if (around != Epilogue)
    return text + "agon.yield %g : " + O + "\n}\nreturn\n}\n";
  std::string all = identity(outShape.size()),
              last = all.substr(0, all.find("->")) + "-> (d" + std::to_string(outShape.size() - 1) + ")>";
  text += generic("h", all + ", " + last + ", " + all, outShape.size(), "%g, %y : " + O + ", " + B, "%e : " + O,
                  "^bb0(%p: " + t + ", %q: " + t + ", %o: " + t + "):\n%0 = arith.addf %p, %q : " + t +
                      "\n%slope = arith.constant 0.125 : " + t + "\n%1 = arith.mulf %0, %slope : " + t +
                      "\n%2 = arith.maximumf %0, %1 : " + t + "\nlinalg.yield %2 : " + t + "\n",
                  O);
  text += generic(
      "i", all + ", " + all, outShape.size(), "%h : " + O, "%e : " + O,
      "^bb0(%p: " + t + ", %o: " + t + "):\n%0 = arith.mulf %p, %p : " + t + "\nlinalg.yield %0 : " + t + "\n", O);
  return text + "agon.yield %h, %i : " + O + ", " + O + "\n}\nreturn\n}\n";
}

/// Windows of an image, step by step as wide as the outputs of a tile: [n, h, w, c] to [f1, f2, n, p, q, c].
Product windows(const Matrix &m, int64_t step, int64_t n, int64_t p, int64_t q, int64_t c, Around around = Alone) {
  std::string s = std::to_string(step);
  return {{m, m},
          {{"n", n}, {"p", p}, {"q", q}, {"c", c}},
          "n, p * " + s + " + a1, q * " + s + " + a2, c",
          "f1, f2, n, p, q, c",
          {n, (p - 1) * step + m.columns, (q - 1) * step + m.columns, c},
          {m.rows, m.rows, n, p, q, c},
          around};
}

/// Tiles of an image: [f1, f2, n, p, q, o] to [n, p * step + i, q * step + j, o].
Product tiles(const Matrix &m, int64_t n, int64_t p, int64_t q, int64_t o, Around around = Alone) {
  std::string s = std::to_string(m.rows);
  return {{m, m},
          {{"n", n}, {"p", p}, {"q", q}, {"o", o}},
          "a1, a2, n, p, q, o",
          "n, p * " + s + " + f1, q * " + s + " + f2, o",
          {m.columns, m.columns, n, p, q, o},
          {n, p * m.rows, q * m.rows, o},
          around};
}

/// A filter [o, c, i, j] to [f1, f2, c, o], and back.
Product filters(const Matrix &m, int64_t o, int64_t c, bool back, Around around = Alone) {
  std::vector<int64_t> taps{o, c, m.columns, m.columns}, points{m.rows, m.rows, c, o};
  if (!back)
    return {{m, m}, {{"c", c}, {"o", o}}, "o, c, a1, a2", "f1, f2, c, o", taps, points, around};
  return {{m, m},         {{"o", o}, {"c", c}},         "a1, a2, c, o",
          "o, c, f1, f2", {m.columns, m.columns, c, o}, {o, c, m.rows, m.rows},
          around};
}

void expectAgreement(Product product, double tolerance = 2e-5) {
  agon::test::expectAgreement(product.text(), tolerance);
  product.element = "f64";
  agon::test::expectAgreement(product.text(), 1e-13);
}
} // namespace

TEST(ModeProduct, InputTransform) {
  for (Around around : {Alone, Prologue, PrologueOfLoop}) {
    expectAgreement(windows(input5, 4, 2, 2, 3, 37, around));
    expectAgreement(windows(input6, 4, 1, 3, 2, 16, around));
    expectAgreement(windows(input5, 4, 3, 1, 2, 3, around));
  }
  expectAgreement(windows(input6, 4, 2, 3, 3, 1));
  expectAgreement(windows(input5, 5, 2, 2, 2, 33)); // windows side by side
  expectAgreement(windows(input5, 7, 2, 2, 2, 9));  // windows apart
}

TEST(ModeProduct, OutputTransform) {
  for (Around around : {Alone, Prologue, PrologueOfLoop, Epilogue}) {
    expectAgreement(tiles(output45, 2, 2, 3, 37, around));
    expectAgreement(tiles(output46, 1, 3, 2, 16, around));
    expectAgreement(tiles(transposed(filter63), 3, 1, 2, 5, around));
  }
  expectAgreement(tiles(output45, 2, 4, 4, 1, Epilogue));
}

TEST(ModeProduct, FilterTransforms) {
  for (auto [o, c] : {std::pair(16, 32), {19, 5}, {1, 40}, {3, 1}}) {
    expectAgreement(filters(filter52, o, c, false));
    expectAgreement(filters(filter63, o, c, false, Prologue));
    expectAgreement(filters(transposed(filter52), o, c, true));
    expectAgreement(filters(transposed(filter63), o, c, true, PrologueOfLoop));
  }
}

// Tasks are blocks of one axis or of several run together, or of the lanes.
TEST(ModeProduct, Tasks) {
  for (const Product &product : {windows(input5, 4, 8, 5, 5, 70), windows(input6, 4, 2, 11, 12, 33, Prologue),
                                 tiles(output45, 1, 9, 7, 129, Epilogue), filters(filter63, 130, 75, false),
                                 filters(transposed(filter63), 33, 200, true)}) {
    Compiled kernel(product.text(), {256, 3, false});
    ASSERT_TRUE(kernel.valid());
    EXPECT_GT(kernel.tasks(), 1);
    expectAgreement(product);
  }
  Product row{{output46}, {{"c", 40001}}, "a1, c", "f1, c", {6, 40001}, {4, 40001}};
  EXPECT_GT(Compiled(row.text(), {256, 3, false}).tasks(), 1);
  expectAgreement(row);
}

// Results that lie powers of two apart go by way of scratch, a block of channels at a time.
TEST(ModeProduct, ResultsOnOneSet) {
  for (Around around : {Alone, PrologueOfLoop, Epilogue})
    expectAgreement(windows(input5, 4, 8, 4, 4, 136, around));
  expectAgreement({{input6}, {{"n", 2}, {"c", 4096}}, "n, c, a1", "f1, c * 2 + n", {2, 4096, 6}, {6, 8192}});
  expectAgreement({{input5, input5}, {{"c", 2048}}, "a1, a2, c", "f1, f2, c", {5, 5, 2048}, {5, 5, 2048}});
}

TEST(ModeProduct, OneMode) {
  for (Around around : {Alone, Prologue, Epilogue}) {
    expectAgreement({{output46},
                     {{"n", 3}, {"p", 5}, {"c", 21}},
                     "n, p * 4 + a1, c",
                     "p, f1, n, c",
                     {3, 22, 21},
                     {5, 4, 3, 21},
                     around});
    expectAgreement({{input6}, {{"n", 50}}, "n, a1", "f1, n", {50, 6}, {6, 50}, around});
    expectAgreement({{filter63}, {{"n", 7}, {"c", 9}}, "a1, n, c", "c, n * 6 + f1", {3, 7, 9}, {9, 42}, around});
  }
  // Nothing else; contiguous along the modes only, which is a contraction rather.
  expectAgreement({{input6}, {}, "a1", "f1", {6}, {6}});
  expectAgreement({{input6}, {{"n", 50}}, "n, a1", "n, f1", {50, 6}, {50, 6}});
}

TEST(ModeProduct, ThreeModes) {
  Matrix small{2, 3, {1, 0, -1, 0.5, 2, 0.5}}, four{4, 4, {1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1}};
  for (Around around : {Alone, Prologue, PrologueOfLoop, Epilogue}) {
    expectAgreement({{small, transposed(small), small},
                     {{"n", 2}, {"p", 3}, {"c", 19}},
                     "n, a3, p * 2 + a1, a2, c",
                     "f3, p, n, f1, f2, c",
                     {2, 3, 7, 2, 19},
                     {2, 3, 2, 2, 3, 19},
                     around});
    expectAgreement({{four, four, four},
                     {{"p", 3}, {"c", 9}},
                     "p * 2 + a1, a2, a3, c",
                     "f1, f2, f3, p, c",
                     {8, 4, 4, 9},
                     {4, 4, 4, 3, 9},
                     around});
  }
}

// The result reversed, and two of its axes made of three dimensions each.
TEST(ModeProduct, MergedAxes) {
  expectAgreement({{output45, filter52},
                   {{"n", 3}, {"p", 2}, {"c", 17}},
                   "n, a2, a1, p, c",
                   "p * 12 + f1 * 3 + n, f2 * 17 + c",
                   {3, 2, 5, 2, 17},
                   {24, 85},
                   Epilogue});
  expectAgreement({{output45, filter52},
                   {{"n", 3}, {"c", 17}},
                   "n, a2, a1, c",
                   "f1 * -3 - n + 11, f2, c * -1 + 16",
                   {3, 2, 5, 17},
                   {12, 5, 17}});
}

// Not of the form: too large, or a result that is not covered once. Others take them.
TEST(ModeProduct, Declined) {
  Matrix nine{9, 9, std::vector<double>(81, 0.25)}, eight{8, 8, std::vector<double>(64, 0.5)};
  expectAgreement({{nine}, {{"c", 20}}, "a1, c", "f1, c", {9, 20}, {9, 20}});
  expectAgreement(
      {{eight, eight, input5}, {{"c", 20}}, "a1, a2, a3, c", "f1, f2, f3, c", {8, 8, 5, 20}, {8, 8, 5, 20}});
  Product overlapping = tiles(output45, 1, 2, 2, 12);
  overlapping.out = "n, p * 3 + f1, q * 4 + f2, o";
  expectAgreement(overlapping);
}

// Zeros, ones, repeated, negated and scaled rows and columns, and numbers that divide nothing.
TEST(ModeProduct, RandomMatrices) {
  std::mt19937 random(1511);
  auto between = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const double numbers[] = {0, 0, 1, -1, 1, -1, 2, -2, 0.5, -0.25, 3, -5, 0.1, -1. / 3, 1e-3};
  auto matrix = [&] {
    Matrix m{between(1, 8), between(1, 8), {}};
    for (int64_t i = 0; i != m.rows * m.columns; ++i)
      m.elements.push_back(numbers[between(0, 14)]);
    for (int64_t r = 1; r < m.rows; ++r)
      if (between(0, 2) == 0) // as the row before, but for signs and a factor
        for (int64_t c = 0; c != m.columns; ++c)
          m.elements[r * m.columns + c] = m.elements[(r - 1) * m.columns + c] * (between(0, 1) ? 2 : -2);
    return m;
  };
  for (int trial = 0; trial < 12; ++trial) {
    Matrix m1 = matrix(), m2 = matrix();
    int64_t p = between(1, 3), c = between(1, 40);
    expectAgreement({{m1, m2},
                     {{"p", p}, {"c", c}},
                     "p, a2, a1, c",
                     "f1, p, f2, c",
                     {p, m2.columns, m1.columns, c},
                     {m1.rows, p, m2.rows, c}},
                    1e-4);
    if (testing::Test::HasFatalFailure())
      return;
  }
}
