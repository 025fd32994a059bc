//===- ElementwiseTest.cpp - Maps and insertions against level 0 ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/cpu/Harness.h"
#include <gtest/gtest.h>

using namespace agon::test;

namespace {
std::string shape(std::vector<int64_t> sizes) {
  std::string text;
  for (int64_t size : sizes)
    text += std::to_string(size) + "x";
  return text;
}

std::string region(const std::string &kind, const std::vector<std::string> &inputs,
                   const std::vector<std::string> &results, const std::string &body) {
  std::string names, formal, types, outs, args;
  for (size_t i = 0; i != inputs.size(); ++i) {
    std::string comma = i ? ", " : "";
    names += comma + "%a" + std::to_string(i);
    types += comma + inputs[i];
    args += comma + "%a" + std::to_string(i) + ": " + inputs[i];
    formal += comma + "%x" + std::to_string(i) + ": " + inputs[i];
  }
  for (size_t i = 0; i != results.size(); ++i)
    outs += (i ? ", " : "") + results[i];
  return "func.func @f(" + args + ") {\n  %r" + (results.size() > 1 ? ":" + std::to_string(results.size()) : "") +
         " = agon.region " + kind + " (" + names + ") flops 0 bytes 0 : (" + types + ") -> (" + outs + ") {\n  ^bb0(" +
         formal + "):\n" + body + "  }\n  return\n}\n";
}
} // namespace

// clang-format off: programs as text, with values between
TEST(Elementwise, OneShape) {
  for (std::vector<int64_t> sizes : {std::vector<int64_t>{}, {1}, {2}, {3}, {7}, {16}, {17}, {64}, {131},
                                     {5, 7}, {256, 128}, {3, 1, 5}, {300, 301}, {2, 3, 5, 7}}) {
    std::string t = "tensor<" + shape(sizes) + "f32>";
    std::string dims, parallel;
    for (size_t i = 0; i != sizes.size(); ++i) {
      dims += (i ? ", d" : "d") + std::to_string(i);
      parallel += i ? ", \"parallel\"" : "\"parallel\"";
    }
    std::string id = "affine_map<(" + dims + ") -> (" + dims + ")>";
    expectAgreement(
        region("elementwise", {t, t}, {t, t},
               "%e = tensor.empty() : " + t +
                   "\n%g:2 = linalg.generic {indexing_maps = [" + id + ", " + id + ", " + id + ", " + id +
                   "], iterator_types = [" + parallel + "]} ins(%x0, %x1 : " + t + ", " + t + ") outs(%e, %e : " +
                   t + ", " + t +
                   ") {\n^bb0(%p: f32, %q: f32, %o: f32, %o2: f32):\n%m = arith.mulf %p, %q : f32\n"
                   "%s = math.exp %m : f32\n%c = arith.constant 0.5 : f32\n%u = arith.maximumf %p, %c : f32\n"
                   "linalg.yield %s, %u : f32, f32\n} -> (" +
                   t + ", " + t + ")\nagon.yield %g#0, %g#1 : " + t + ", " + t + "\n"),
        1e-6);
  }
}

// A momentum step: hyperparameters of rank 0 in f64, parameters in f32, two results in place.
TEST(Elementwise, UpdateWithScalars) {
  for (auto n : {"1x1", "2x128", "33x5", "1200x101"}) {
    std::string t = "tensor<" + std::string(n) + "xf32>";
    std::string id = "affine_map<(i, j) -> (i, j)>", none = "affine_map<(i, j) -> ()>";
    expectAgreement(
        region("elementwise", {t, t, t, "tensor<f64>", "tensor<f64>"}, {t, t},
               "%e = tensor.empty() : " + t + "\n%g:2 = linalg.generic {indexing_maps = [" + id + ", " + id + ", " +
                   id + ", " + none + ", " + none + ", " + id + ", " + id +
                   "], iterator_types = [\"parallel\", \"parallel\"]} ins(%x0, %x1, %x2, %x3, %x4 : " + t + ", " + t +
                   ", " + t + ", tensor<f64>, tensor<f64>) outs(%e, %e : " + t + ", " + t + R"() {
    ^bb0(%w: f32, %m: f32, %g0: f32, %lr: f64, %mu: f64, %o: f32, %o2: f32):
      %k = math.exp %mu : f64
      %k32 = arith.truncf %k : f64 to f32
      %l = arith.truncf %lr : f64 to f32
      %a = arith.mulf %m, %k32 : f32
      %v = arith.addf %a, %g0 : f32
      %d = arith.mulf %l, %v : f32
      %n = arith.subf %w, %d : f32
      linalg.yield %n, %v : f32, f32
    } -> ()" + t + ", " + t + ")\nagon.yield %g#0, %g#1 : " + t + ", " + t + "\n"),
        1e-6);
  }
}

TEST(Elementwise, BroadcastsTransposesSlices) {
  for (auto [a, b] : {std::pair(1, 1), {4, 2}, {256, 2}, {3, 17}, {19, 128}, {128, 19}, {100, 100}}) {
    std::string A = std::to_string(a), B = std::to_string(b);
    std::string t = "tensor<" + A + "x" + B + "xf32>", tt = "tensor<" + B + "x" + A + "xf32>";
    std::string wide = "tensor<" + std::to_string(2 * a + 1) + "x" + std::to_string(3 * b + 2) + "xf32>";
    expectAgreement(
        region("elementwise", {tt, "tensor<" + B + "xf32>", "tensor<" + A + "xf32>", wide, "tensor<" + A + "x1xf32>"},
               {t},
               "%e = tensor.empty() : " + t + R"(
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (j)>,
      affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i * 2 + 1, j * 3 + 2)>, affine_map<(i, j) -> (i, 0)>,
      affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x0, %x1, %x2, %x3, %x4 : )" + tt + ", tensor<" + B + "xf32>, tensor<" + A + "xf32>, " + wide + ", tensor<" + A +
                   "x1xf32>) outs(%e : " + t + R"() {
    ^bb0(%p: f32, %q: f32, %r: f32, %s: f32, %u: f32, %o: f32):
      %0 = arith.addf %p, %q : f32
      %1 = math.tanh %r : f32
      %2 = arith.mulf %0, %1 : f32
      %3 = arith.addf %2, %s : f32
      %4 = arith.subf %3, %u : f32
      linalg.yield %4 : f32
    } -> )" + t + "\nagon.yield %g : " + t + "\n"),
        1e-6);
  }
}

// A sum of three neighbours that lie in a padded tensor: in each dimension, of f32 and f64, with a border that is not
// zero, the box a tensor as it lies or one that is computed. Where the last dimension is padded or short, lanes meet
// the border.
TEST(Elementwise, ThroughPadding) {
  struct Case {
    std::vector<int64_t> sizes;
    unsigned along;
  };
  for (auto [sizes, along] :
       {Case{{40}, 0}, {{3, 33}, 1}, {{5, 70}, 0}, {{2, 6, 32}, 1}, {{2, 6, 3}, 1}, {{4, 5, 16}, 2}})
    for (std::string type : {"f32", "f64"})
      for (const char *border : {"0.0", "-1.5"})
        for (bool computed : {false, true}) {
          std::vector<int64_t> wide = sizes;
          wide[along] += 2;
          std::string t = "tensor<" + shape(sizes) + type + ">", padded = "tensor<" + shape(wide) + type + ">";
          std::string dims, parallel, offsets, lengths, ones, shifted[3];
          for (size_t i = 0; i != sizes.size(); ++i) {
            std::string comma = i ? ", " : "", dim = "d" + std::to_string(i);
            dims += comma + dim;
            parallel += comma + "\"parallel\"";
            offsets += comma + (i == along ? "1" : "0");
            lengths += comma + std::to_string(sizes[i]);
            ones += comma + "1";
            for (int k = 0; k != 3; ++k)
              shifted[k] += comma + dim + (i != along ? ""
                                           : k        ? " + " + std::to_string(k)
                                                      : " mod " + std::to_string(sizes[i]));
          }
          auto map = [&](const std::string &to) { return "affine_map<(" + dims + ") -> (" + to + ")>"; };
          std::string body = "%border = arith.constant " + std::string(border) + " : " + type +
                             "\n%e = tensor.empty() : " + t + "\n%w = tensor.empty() : " + padded +
                             "\n%around = linalg.fill ins(%border : " + type + ") outs(%w : " + padded + ") -> " +
                             padded + "\n";
          std::string kind = "], iterator_types = [" + parallel + "]} ";
          if (computed)
            body += "%box = linalg.generic {indexing_maps = [" + map(dims) + ", " + map(dims) + kind +
                    "ins(%x0 : " + t + ") outs(%e : " + t + ") {\n^bb0(%v: " + type + ", %o: " + type +
                    "):\n%c = math.cos %v : " + type + "\nlinalg.yield %c : " + type + "\n} -> " + t + "\n";
          body += "%p = tensor.insert_slice " + std::string(computed ? "%box" : "%x0") + " into %around[" + offsets +
                  "] [" + lengths + "] [" + ones + "] : " + t + " into " + padded +
                  "\n%g = linalg.generic {indexing_maps = [" + map(shifted[0]) + ", " + map(shifted[1]) + ", " +
                  map(shifted[2]) + ", " + map(dims) + ", " + map(dims) + kind + "ins(%p, %p, %p, %x0 : " + padded +
                  ", " + padded + ", " + padded + ", " + t + ") outs(%e : " + t + ") {\n^bb0(%a: " + type +
                  ", %b: " + type + ", %c: " + type + ", %d: " + type + ", %o: " + type +
                  "):\n%0 = arith.addf %a, %b : " + type + "\n%1 = arith.addf %0, %c : " + type +
                  "\n%2 = arith.mulf %1, %d : " + type + "\nlinalg.yield %2 : " + type + "\n} -> " + t +
                  "\nagon.yield %g : " + t + "\n";
          expectAgreement(region("elementwise", {t}, {t}, body), 1e-6);
        }
}

// A filter turned round, its border of zeros beyond the last tap: lanes run over short dimensions in both directions.
TEST(Elementwise, ReversedThroughPadding) {
  expectAgreement(region("elementwise", {"tensor<3x2xf32>"}, {"tensor<2x2x2xf32>"}, R"(
    %zero = arith.constant 0.0 : f32
    %w = tensor.empty() : tensor<4x2xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%w : tensor<4x2xf32>) -> tensor<4x2xf32>
    %p = tensor.insert_slice %x0 into %zeros[0, 0] [3, 2] [1, 1] : tensor<3x2xf32> into tensor<4x2xf32>
    %e = tensor.empty() : tensor<2x2x2xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, c, j) -> (j + (1 - i) * 2, c)>, affine_map<(i, c, j) -> (i, c, j)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%p : tensor<4x2xf32>) outs(%e : tensor<2x2x2xf32>) {
    ^bb0(%v: f32, %o: f32):
      linalg.yield %v : f32
    } -> tensor<2x2x2xf32>
    agon.yield %g : tensor<2x2x2xf32>
)"),
                  0);
}

// The border of a slice that stops early, as wide as the slice: its remainder says nothing about the border.
TEST(Elementwise, SliceThroughPadding) {
  for (const char *offset : {"0", "1", "2", "3", "4"})
    expectAgreement(region("elementwise", {"tensor<3x9xf64>"}, {"tensor<3x6xf64>"}, R"(
    %zero = arith.constant 0.0 : f64
    %w = tensor.empty() : tensor<3x6xf64>
    %zeros = linalg.fill ins(%zero : f64) outs(%w : tensor<3x6xf64>) -> tensor<3x6xf64>
    %s = tensor.empty() : tensor<3x2xf64>
    %slice = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j mod 2)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x0 : tensor<3x9xf64>) outs(%s : tensor<3x2xf64>) {
    ^bb0(%v: f64, %o: f64):
      linalg.yield %v : f64
    } -> tensor<3x2xf64>
    %p = tensor.insert_slice %slice into %zeros[0, )" + std::string(offset) + R"(] [3, 2] [1, 1] : tensor<3x2xf64> into tensor<3x6xf64>
    %e = tensor.empty() : tensor<3x6xf64>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%p : tensor<3x6xf64>) outs(%e : tensor<3x6xf64>) {
    ^bb0(%v: f64, %o: f64):
      %t = arith.addf %v, %v : f64
      linalg.yield %t : f64
    } -> tensor<3x6xf64>
    agon.yield %g : tensor<3x6xf64>
)"),
                    0);
}

// Booleans in memory, integers, indices: a mask from counters, as dropout makes one.
TEST(Elementwise, MixedTypes) {
  for (auto n : {"1", "5", "257x2", "31x33", "4x100"}) {
    bool two = std::string(n).find('x') != std::string::npos;
    std::string t = std::string("tensor<") + n + "x";
    std::string id = two ? "affine_map<(i, j) -> (i, j)>" : "affine_map<(i) -> (i)>";
    std::string row =
        two ? "%i1 = linalg.index 1 : index\n%f = arith.muli %i0, %c7 : index\n%i = arith.addi %f, %i1 : index\n"
            : "%i = arith.addi %i0, %c7 : index\n";
    expectAgreement(
        region("elementwise", {t + "i1>", t + "f32>", "tensor<2xi64>"}, {t + "f32>", t + "i1>", t + "i32>"},
               "%e0 = tensor.empty() : " + t + "f32>\n%e1 = tensor.empty() : " + t + "i1>\n%e2 = tensor.empty() : " +
                   t + "i32>\n%z = arith.constant 0.25 : f32\n%g:3 = linalg.generic {indexing_maps = [" + id + ", " +
                   id + ", affine_map<(" + (two ? "i, j" : "i") + ") -> (1)>, " + id + ", " + id + ", " + id +
                   "], iterator_types = [" + (two ? "\"parallel\", " : "") +
                   "\"parallel\"]} ins(%x0, %x1, %x2 : " + t + "i1>, " + t +
                   "f32>, tensor<2xi64>) outs(%e0, %e1, %e2 : " + t + "f32>, " + t + "i1>, " + t + R"(i32>) {
    ^bb0(%b: i1, %v: f32, %key: i64, %o0: f32, %o1: i1, %o2: i32):
      %c7 = arith.constant 7 : index
      %i0 = linalg.index 0 : index
      )" + row + R"(
      %w = arith.index_cast %i : index to i64
      %h = arith.addi %w, %key : i64
      %t = arith.trunci %h : i64 to i32
      %m = arith.constant 0xD2511F53 : i32
      %lo, %hi = arith.mului_extended %t, %m : i32
      %x = arith.xori %lo, %hi : i32
      %c8 = arith.constant 8 : i32
      %s = arith.shrui %x, %c8 : i32
      %u = arith.uitofp %s : i32 to f32
      %scale = arith.constant 5.9604644775390625e-08 : f32
      %un = arith.mulf %u, %scale : f32
      %keep = arith.cmpf ogt, %un, %z : f32
      %both = arith.andi %keep, %b : i1
      %r = arith.select %both, %v, %un : f32
      linalg.yield %r, %both, %x : f32, i1, i32
    } -> ()" + t + "f32>, " + t + "i1>, " + t + "i32>)\nagon.yield %g#0, %g#1, %g#2 : " + t + "f32>, " + t + "i1>, " + t +
                   "i32>\n"),
        1e-6);
  }
}

// The pieces of a maxout: a short last axis that others are broadcast along, in place.
TEST(Elementwise, ShortRowsInPlace) {
  for (auto [n, k] : {std::pair(7, 5), {300, 5}, {12000, 3}, {33, 15}, {20, 21}}) {
    std::string t = "tensor<" + std::to_string(n) + "x" + std::to_string(k) + "xf32>";
    std::string v = "tensor<" + std::to_string(n) + "xf32>";
    expectAgreement(region("elementwise", {v, t}, {t}, "%e = tensor.empty() : " + t + R"(
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x0, %x1 : )" + v + ", " + t + ") outs(%e : " + t + R"() {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %0 = arith.subf %p, %q : f32
      linalg.yield %0 : f32
    } -> )" + t + "\nagon.yield %g : " + t + "\n"),
                    0);
  }
}

// Every short last axis, with operands of every kind: whole, broadcast along it, along the others, transposed, a slice
// of a longer one, an index; booleans and two results, the first perhaps in place.
TEST(Elementwise, ShortRows) {
  auto check = [](int64_t m, int64_t n, int64_t k, const std::string &element) {
    std::string whole = shape({m, n, k}), type = "tensor<" + whole + element + ">";
    std::string t = "tensor<" + shape({k, n}) + element + ">", v = "tensor<" + shape({m, n}) + element + ">";
    std::string row = "tensor<" + shape({k}) + element + ">", bits = "tensor<" + whole + "i1>";
    std::string wide = "tensor<" + shape({m, n, k + 1}) + element + ">";
    std::string id = "affine_map<(b, i, j) -> (b, i, j)>";
    expectAgreement(region("elementwise", {type, v, row, t, wide, bits}, {type, bits},
                           "%e = tensor.empty() : " + type + R"(
    %e1 = tensor.empty() : )" + bits + R"(
    %g:2 = linalg.generic {indexing_maps = [)" + id + R"(, affine_map<(b, i, j) -> (b, i)>, affine_map<(b, i, j) -> (j)>,
      affine_map<(b, i, j) -> (j, i)>, affine_map<(b, i, j) -> (b, i, j + 1)>, )" + id + ", " + id + ", " + id + R"(],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%x0, %x1, %x2, %x3, %x4, %x5 : )" + type + ", " + v + ", " + row + ", " + t +
                        ", " + wide + ", " + bits + ") outs(%e, %e1 : " + type + ", " + bits + ") {\n^bb0(%p: " +
                        element + ", %q: " + element + ", %r: " + element + ", %s: " + element + ", %w: " + element +
                        ", %m: i1, %o: " + element + R"(, %o1: i1):
      %i = linalg.index 1 : index
      %j = linalg.index 2 : index
      %c = arith.constant )" + std::to_string(k) + R"( : index
      %f = arith.muli %i, %c : index
      %l = arith.addi %f, %j : index
      %n32 = arith.index_cast %l : index to i32
      %n = arith.sitofp %n32 : i32 to )" + element + R"(
      %0 = arith.subf %p, %q : )" + element + R"(
      %1 = arith.mulf %0, %r : )" + element + R"(
      %2 = arith.addf %1, %s : )" + element + R"(
      %3 = arith.subf %2, %w : )" + element + R"(
      %4 = arith.addf %3, %n : )" + element + R"(
      %5 = arith.select %m, %4, %r : )" + element + R"(
      %6 = arith.cmpf olt, %4, %n : )" + element + "\nlinalg.yield %5, %6 : " + element + ", i1\n} -> (" + type + ", " + bits +
                        ")\nagon.yield %g#0, %g#1 : " + type + ", " + bits + "\n"),
                    0);
  };
  for (int64_t k = 2; k <= 17; ++k)
    check(2, 9 + 5 * k, k, k % 2 ? "f32" : "f64");
  for (int64_t n : {2, 3, 8, 16, 33}) {
    check(3, n, 5, "f64");
    check(1, n, 4, "f32");
    check(70, n, 3, "f32");
  }
  check(50, 240, 5, "f32");
}

// Several short axes at the end, none of which is linear with its neighbour.
TEST(Elementwise, ShortPlanes) {
  for (auto [n, h, w] : {std::tuple(40, 3, 3), {6, 2, 5}, {17, 4, 7}, {3, 3, 2}, {100, 4, 4}}) {
    std::string t = "tensor<" + shape({n, h, w}) + "f32>", v = "tensor<" + shape({n, w}) + "f32>";
    std::string u = "tensor<" + shape({n, h}) + "f32>";
    expectAgreement(region("elementwise", {v, t, u}, {t}, "%e = tensor.empty() : " + t + R"(
    %g = linalg.generic {indexing_maps = [affine_map<(n, i, j) -> (n, j)>, affine_map<(n, i, j) -> (n, i, j)>,
      affine_map<(n, i, j) -> (n, i)>, affine_map<(n, i, j) -> (n, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%x0, %x1, %x2 : )" + v + ", " + t + ", " + u + ") outs(%e : " + t + R"() {
    ^bb0(%p: f32, %q: f32, %r: f32, %o: f32):
      %0 = arith.subf %p, %q : f32
      %1 = arith.mulf %0, %r : f32
      linalg.yield %1 : f32
    } -> )" + t + "\nagon.yield %g : " + t + "\n"),
                    0);
  }
}

TEST(Elementwise, ConstantTablesAndChains) {
  expectAgreement(region("elementwise", {"tensor<6x5xf64>"}, {"tensor<5x6xf64>"}, R"(
    %table = arith.constant dense<[1.0, -2.0, 3.5, 0.0, 7.0]> : tensor<5xf64>
    %half = arith.constant 0.5 : f64
    %e = tensor.empty() : tensor<6x5xf64>
    %fill = linalg.fill ins(%half : f64) outs(%e : tensor<6x5xf64>) -> tensor<6x5xf64>
    %p = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x0, %table : tensor<6x5xf64>, tensor<5xf64>) outs(%fill : tensor<6x5xf64>) {
    ^bb0(%a: f64, %t: f64, %o: f64):
      %0 = arith.mulf %a, %t : f64
      %1 = arith.addf %0, %o : f64
      %2 = math.sin %1 : f64
      linalg.yield %2 : f64
    } -> tensor<6x5xf64>
    %e2 = tensor.empty() : tensor<5x6xf64>
    %q = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%p : tensor<6x5xf64>) outs(%e2 : tensor<5x6xf64>) {
    ^bb0(%a: f64, %o: f64):
      %0 = arith.addf %a, %a : f64
      linalg.yield %0 : f64
    } -> tensor<5x6xf64>
    agon.yield %q : tensor<5x6xf64>
)"),
                  1e-12);
}

TEST(Insert, PadAndConcat) {
  expectAgreement(region("insert", {"tensor<4x3x5xf32>", "tensor<4x2x5xf32>"}, {"tensor<4x5x5xf32>"}, R"(
    %e = tensor.empty() : tensor<4x5x5xf32>
    %0 = tensor.insert_slice %x0 into %e[0, 0, 0] [4, 3, 5] [1, 1, 1] : tensor<4x3x5xf32> into tensor<4x5x5xf32>
    %1 = tensor.insert_slice %x1 into %0[0, 3, 0] [4, 2, 5] [1, 1, 1] : tensor<4x2x5xf32> into tensor<4x5x5xf32>
    agon.yield %1 : tensor<4x5x5xf32>
)"),
                  0);
  expectAgreement(region("insert", {"tensor<37x4x4xf32>"}, {"tensor<37x11x6xf32>"}, R"(
    %z = arith.constant -1.5 : f32
    %e = tensor.empty() : tensor<37x11x6xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<37x11x6xf32>) -> tensor<37x11x6xf32>
    %e2 = tensor.empty() : tensor<37x4x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%x0 : tensor<37x4x4xf32>) outs(%e2 : tensor<37x4x4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = math.exp %a : f32
      linalg.yield %0 : f32
    } -> tensor<37x4x4xf32>
    %1 = tensor.insert_slice %g into %f[0, 2, 1] [37, 4, 4] [1, 2, 1] : tensor<37x4x4xf32> into tensor<37x11x6xf32>
    agon.yield %1 : tensor<37x11x6xf32>
)"),
                  1e-6);
  // Large enough for several tasks; two pieces over a fill, and a column of ones.
  expectAgreement(region("insert", {"tensor<70x40x41xf32>", "tensor<70x1x41xf32>"}, {"tensor<70x44x43xf32>"}, R"(
    %z = arith.constant 2.0 : f32
    %e = tensor.empty() : tensor<70x44x43xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<70x44x43xf32>) -> tensor<70x44x43xf32>
    %1 = tensor.insert_slice %x0 into %f[0, 2, 1] [70, 40, 41] [1, 1, 1] : tensor<70x40x41xf32> into tensor<70x44x43xf32>
    %2 = tensor.insert_slice %x1 into %1[0, 43, 2] [70, 1, 41] [1, 1, 1] : tensor<70x1x41xf32> into tensor<70x44x43xf32>
    agon.yield %2 : tensor<70x44x43xf32>
)"),
                  0);
  expectAgreement(region("insert", {"tensor<90001x1xf32>", "tensor<90001x2xf32>"}, {"tensor<90001x3xf32>"}, R"(
    %e = tensor.empty() : tensor<90001x3xf32>
    %1 = tensor.insert_slice %x0 into %e[0, 0] [90001, 1] [1, 1] : tensor<90001x1xf32> into tensor<90001x3xf32>
    %2 = tensor.insert_slice %x1 into %1[0, 1] [90001, 2] [1, 1] : tensor<90001x2xf32> into tensor<90001x3xf32>
    agon.yield %2 : tensor<90001x3xf32>
)"),
                  0);
  // A row of its own.
  expectAgreement(region("insert", {"tensor<5xf32>"}, {"tensor<3x5xf32>"}, R"(
    %z = arith.constant 0.5 : f32
    %e = tensor.empty() : tensor<3x5xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<3x5xf32>) -> tensor<3x5xf32>
    %0 = tensor.insert_slice %x0 into %f[1, 0] [1, 5] [1, 1] : tensor<5xf32> into tensor<3x5xf32>
    agon.yield %0 : tensor<3x5xf32>
)"),
                  0);
}

// Short rows put together from shorter ones, and spread over longer ones.
TEST(Insert, ShortRows) {
  for (int64_t n : {5, 33, 30000}) {
    std::string N = std::to_string(n);
    expectAgreement(region("insert", {"tensor<" + N + "x2xf32>", "tensor<" + N + "x3xf32>"},
                           {"tensor<" + N + "x5xf32>"}, R"(
    %e = tensor.empty() : tensor<)" + N + R"(x5xf32>
    %1 = tensor.insert_slice %x0 into %e[0, 0] [)" + N + ", 2] [1, 1] : tensor<" + N + "x2xf32> into tensor<" + N + R"(x5xf32>
    %2 = tensor.insert_slice %x1 into %1[0, 2] [)" + N + ", 3] [1, 1] : tensor<" + N + "x3xf32> into tensor<" + N + R"(x5xf32>
    agon.yield %2 : tensor<)" + N + "x5xf32>\n"),
                    0);
    expectAgreement(region("insert", {"tensor<" + N + "x3x2xf64>"}, {"tensor<" + N + "x3x6xf64>"}, R"(
    %z = arith.constant 2.0 : f64
    %e = tensor.empty() : tensor<)" + N + R"(x3x6xf64>
    %f = linalg.fill ins(%z : f64) outs(%e : tensor<)" + N + "x3x6xf64>) -> tensor<" + N + R"(x3x6xf64>
    %1 = tensor.insert_slice %x0 into %f[0, 0, 1] [)" + N + ", 3, 2] [1, 1, 3] : tensor<" + N + "x3x2xf64> into tensor<" + N + R"(x3x6xf64>
    agon.yield %1 : tensor<)" + N + "x3x6xf64>\n"),
                    0);
  }
}
