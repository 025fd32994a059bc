//===- ReductionTest.cpp - Reductions against level 0 ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/cpu/Harness.h"
#include <gtest/gtest.h>

using namespace agon::test;

namespace {
/// result = epilogue(combine over the reduced dimensions of prologue(input))
std::string reduction(const std::vector<int64_t> &sizes, const std::vector<bool> &reduced, const std::string &combine,
                      const std::string &initial, const std::string &element = "f32") {
  std::string in, out, dims, kept, iterators, id;
  std::vector<int64_t> outSizes;
  for (size_t i = 0; i != sizes.size(); ++i) {
    in += std::to_string(sizes[i]) + "x";
    dims += (i ? ", d" : "d") + std::to_string(i);
    iterators += std::string(i ? ", " : "") + (reduced[i] ? "\"reduction\"" : "\"parallel\"");
    if (reduced[i])
      continue;
    out += std::to_string(sizes[i]) + "x";
    kept += (kept.empty() ? "d" : ", d") + std::to_string(i);
    outSizes.push_back(sizes[i]);
  }
  std::string outDims, outIterators;
  for (size_t i = 0; i != outSizes.size(); ++i) {
    outDims += (i ? ", d" : "d") + std::to_string(i);
    outIterators += i ? ", \"parallel\"" : "\"parallel\"";
  }
  std::string ti = "tensor<" + in + element + ">", to = "tensor<" + out + element + ">";
  std::string outId = "affine_map<(" + outDims + ") -> (" + outDims + ")>";
  std::string maps = "affine_map<(" + dims + ") -> (" + dims + ")>, affine_map<(" + dims + ") -> (" + kept + ")>";
  return "func.func @f(%a: " + ti + ", %b: " + to + ") {\n%r = agon.region reduction (%a, %b) flops 0 bytes 0 : (" +
         ti + ", " + to + ") -> (" + to + ") {\n^bb0(%x: " + ti + ", %y: " + to + "):\n%init = arith.constant " +
         initial + " : " + element + "\n%e = tensor.empty() : " + to + "\n%f = linalg.fill ins(%init : " + element +
         ") outs(%e : " + to + ") -> " + to + "\n%s = linalg.generic {indexing_maps = [" + maps +
         "], iterator_types = [" + iterators + "]} ins(%x : " + ti + ") outs(%f : " + to + ") {\n^bb0(%p: " + element +
         ", %acc: " + element + "):\n%t = arith.mulf %p, %p : " + element + "\n%n = " + combine +
         " %acc, %t : " + element + "\nlinalg.yield %n : " + element + "\n} -> " + to +
         "\n%o = linalg.generic {indexing_maps = [" + outId + ", " + outId + ", " + outId + "], iterator_types = [" +
         outIterators + "]} ins(%s, %y : " + to + ", " + to + ") outs(%e : " + to + ") {\n^bb0(%p: " + element +
         ", %q: " + element + ", %u: " + element + "):\n%v = math.sqrt %p : " + element +
         "\n%w = arith.subf %v, %q : " + element + "\nlinalg.yield %w : " + element + "\n} -> " + to +
         "\nagon.yield %o : " + to + "\n}\nreturn\n}\n";
}
} // namespace

TEST(Reduction, Columns) {
  for (auto sizes :
       {std::vector<int64_t>{256, 128}, {1, 1}, {7, 1}, {256, 2}, {100, 1200}, {5, 17}, {300, 31}, {4096, 48}})
    for (auto element : {"f32", "f64"})
      expectAgreement(reduction(sizes, {true, false}, "arith.addf", "0.0", element), 1e-5);
}

TEST(Reduction, Rows) {
  for (auto sizes : {std::vector<int64_t>{256, 128},
                     {1, 1},
                     {7, 1},
                     {1, 7},
                     {256, 2},
                     {256, 10},
                     {3, 1201},
                     {300, 31},
                     {9, 65},
                     {2048, 400}})
    for (auto element : {"f32", "f64"})
      expectAgreement(reduction(sizes, {false, true}, "arith.addf", "0.5", element), 1e-5);
}

// Rows shorter than a vector or little longer, many and few of them.
TEST(Reduction, ShortRows) {
  for (int64_t k = 2; k <= 17; ++k)
    for (int64_t n : {3, 16, 64, 100})
      expectAgreement(reduction({3, n, k}, {false, false, true}, k % 2 ? "arith.addf" : "arith.maximumf", "0.5",
                                n % 3 ? "f32" : "f64"),
                      1e-5);
  expectAgreement(reduction({100, 240, 5}, {false, false, true}, "arith.maximumf", "0.0"), 1e-5);
  expectAgreement(reduction({60, 40, 3, 3}, {false, false, true, true}, "arith.addf", "0.0"), 1e-5);
  expectAgreement(reduction({9, 40, 7, 2}, {true, false, true, true}, "arith.addf", "0.0"), 1e-5);
}

TEST(Reduction, Everything) {
  for (auto sizes : {std::vector<int64_t>{256, 128}, {1, 1}, {1, 7}, {13, 11}, {301, 99}})
    for (auto combine : {"arith.addf", "arith.maximumf", "arith.minimumf"})
      expectAgreement(reduction(sizes, {true, true}, combine, "1.0"), 1e-5);
}

TEST(Reduction, MixedDimensions) {
  for (auto sizes : {std::vector<int64_t>{5, 7, 9, 3}, {8, 16, 4, 4}, {16, 3, 1, 33}, {2, 64, 8, 8}, {1, 1, 1, 1}})
    for (unsigned mask = 1; mask != 16; ++mask)
      expectAgreement(
          reduction(sizes, {bool(mask & 1), bool(mask & 2), bool(mask & 4), bool(mask & 8)}, "arith.addf", "0.0"),
          1e-5);
}

// Not an associative operation of the accumulator: kept serial.
// clang-format off: programs as text, with values between
TEST(Reduction, WithoutCombiner) {
  for (auto n : {"1", "5", "64", "70"}) {
    std::string t = std::string("tensor<9x") + n + "xf32>", o = std::string("tensor<") + n + "xf32>";
    expectAgreement("func.func @f(%a: " + t + ", %b: " + o +
                        ") {\n%r = agon.region reduction (%a, %b) flops 0 bytes 0 : (" + t + ", " + o + ") -> (" + o +
                        ") {\n^bb0(%x: " + t + ", %y: " + o + R"():
      %s = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>],
        iterator_types = ["reduction", "parallel"]} ins(%x : )" + t + ") outs(%y : " + o + R"() {
      ^bb0(%p: f32, %acc: f32):
        %h = arith.constant 0.5 : f32
        %0 = arith.mulf %acc, %h : f32
        %1 = arith.addf %0, %p : f32
        linalg.yield %1 : f32
      } -> )" + o + "\nagon.yield %s : " + o + "\n}\nreturn\n}\n",
                    1e-6);
  }
}
// clang-format on

// A sum and a maximum at once, with a broadcast operand, into a keepdims shape.
TEST(Reduction, TwoResults) {
  expectAgreement(R"(
func.func @f(%a: tensor<33x40xf32>, %b: tensor<40xf32>) {
  %r:2 = agon.region reduction (%a, %b) flops 0 bytes 0 : (tensor<33x40xf32>, tensor<40xf32>) -> (tensor<33x1xf32>, tensor<33x1xf32>) {
  ^bb0(%x: tensor<33x40xf32>, %y: tensor<40xf32>):
    %z = arith.constant 0.0 : f32
    %m = arith.constant 0xFF800000 : f32
    %e = tensor.empty() : tensor<33xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<33xf32>) -> tensor<33xf32>
    %h = linalg.fill ins(%m : f32) outs(%e : tensor<33xf32>) -> tensor<33xf32>
    %s:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%x, %y : tensor<33x40xf32>, tensor<40xf32>) outs(%f, %h : tensor<33xf32>, tensor<33xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32, %best: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %acc, %0 : f32
      %2 = arith.maximumf %best, %p : f32
      linalg.yield %1, %2 : f32, f32
    } -> (tensor<33xf32>, tensor<33xf32>)
    %e2 = tensor.empty() : tensor<33x1xf32>
    %o:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%s#0, %s#1 : tensor<33xf32>, tensor<33xf32>) outs(%e2, %e2 : tensor<33x1xf32>, tensor<33x1xf32>) {
    ^bb0(%p: f32, %q: f32, %u: f32, %v: f32):
      %0 = arith.subf %p, %q : f32
      linalg.yield %0, %q : f32, f32
    } -> (tensor<33x1xf32>, tensor<33x1xf32>)
    agon.yield %o#0, %o#1 : tensor<33x1xf32>, tensor<33x1xf32>
  }
  return
}
)",
                  1e-5);
}
