//===- PlanTest.cpp - Plans that no region is given by itself -------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/gpu/Agreement.h"
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <string>

using namespace agon::test;

namespace {

/// `text` with the names that stand in $...$ replaced by what they stand for, which may hold such names.
std::string filled(std::string text, const std::map<std::string, std::string> &values) {
  for (size_t at = 0; (at = text.find('$')) != std::string::npos;)
    text.replace(at, text.find('$', at + 1) + 1 - at, values.at(text.substr(at + 1, text.find('$', at + 1) - at - 1)));
  return text;
}

/// C = A B + c in every transposition of A and B, "n" or "t" each, in parts and stages as the plan says.
std::string product(const std::string &form, int64_t m, int64_t n, int64_t k, const std::string &plan) {
  bool turnsA = form[0] == 't', turnsB = form[1] == 't';
  return filled(R"(
func.func @f(%a: $A$, %b: $B$, %c: $C$) {
  %r = agon.region contraction (%a, %b, %c) flops 0 bytes 0 attributes {plan = #agon_gpu.tiles<$plan$>}
       : ($A$, $B$, $C$) -> ($C$) {
  ^bb0(%x: $A$, %y: $B$, %w: $C$):
    %z = arith.constant 0.0 : f32
    %e = tensor.empty() : $C$
    %f = linalg.fill ins(%z : f32) outs(%e : $C$) -> $C$
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> $a$>, affine_map<(m, n, k) -> $b$>,
                                          affine_map<(m, n, k) -> (m, n)>],
                         iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : $A$, $B$) outs(%f : $C$) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %t = arith.mulf %p, %q : f32
      %s = arith.addf %acc, %t : f32
      linalg.yield %s : f32
    } -> $C$
    %h = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>,
                                          affine_map<(i, j) -> (i, j)>],
                         iterator_types = ["parallel", "parallel"]} ins(%g, %w : $C$, $C$) outs(%e : $C$) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %s = arith.addf %p, %q : f32
      linalg.yield %s : f32
    } -> $C$
    agon.yield %h : $C$
  }
  return
}
)",
                {{"A", turnsA ? "tensor<$k$x$m$xf32>" : "tensor<$m$x$k$xf32>"},
                 {"B", turnsB ? "tensor<$n$x$k$xf32>" : "tensor<$k$x$n$xf32>"},
                 {"C", "tensor<$m$x$n$xf32>"},
                 {"a", turnsA ? "(k, m)" : "(m, k)"},
                 {"b", turnsB ? "(n, k)" : "(k, n)"},
                 {"m", std::to_string(m)},
                 {"n", std::to_string(n)},
                 {"k", std::to_string(k)},
                 {"plan", plan}});
}

std::string tiles(int64_t rows, int64_t columns, int64_t depth, int64_t threadRows, int64_t threadColumns,
                  int64_t stages, int64_t split, const std::string &precision) {
  auto is = [](const char *name, int64_t value) { return std::string(name) + " = " + std::to_string(value) + ", "; };
  return is("rows", rows) + is("columns", columns) + is("depth", depth) + is("thread_rows", threadRows) +
         is("thread_columns", threadColumns) + is("stages", stages) + is("split", split) + "precision = " + precision;
}

} // namespace

// Depths that hold no whole reads of 16 bytes, tiles that their threads share unevenly, sizes that fill the last tile
// or not, and neighbours that can be copied 16 bytes at a time or not.
TEST(GpuPlan, StagesAndPartsOfProducts) {
  for (const char *form : {"nn", "nt", "tn", "tt"})
    for (auto [m, n, k] : {std::array<int64_t, 3>{40, 36, 64}, {37, 19, 67}, {3, 50, 41}})
      for (int64_t stages : {2, 3, 4})
        for (int64_t split : {1, 3}) {
          expectAgreement(product(form, m, n, k, tiles(32, 16, 4, 4, 4, stages, split, "f32")), 5e-5, "f32");
          expectAgreement(product(form, m, n, k, tiles(24, 16, 3, 3, 4, stages, split, "f32")), 5e-5, "f32");
          if (testing::Test::HasFailure())
            return;
        }
}

// An odd number of tiles of 16 x 8 beside each other, one or several warps.
TEST(GpuPlan, StagesAndPartsOnTensorCores) {
  for (const char *form : {"nn", "nt", "tn", "tt"})
    for (auto [m, n, k] : {std::array<int64_t, 3>{40, 36, 128}, {37, 19, 99}})
      for (const char *precision : {"tf32", "bf16"})
        for (auto [stages, split] : {std::pair<int64_t, int64_t>{2, 1}, {2, 2}, {3, 1}, {4, 2}}) {
          expectAgreement(product(form, m, n, k, tiles(16, 24, 16, 1, 3, stages, split, precision)), 1e-2, precision);
          expectAgreement(product(form, m, n, k, tiles(64, 16, 16, 2, 1, stages, split, precision)), 1e-2, precision);
          if (testing::Test::HasFailure())
            return;
        }
}

// Several results of different types, one with an initial value, of which blocks have parts; a part may be empty, and
// a block's last groups may have no result. Neighbours are of one sum, or of several.
TEST(GpuPlan, SumsInParts) {
  for (auto [points, terms, split] :
       {std::array<int64_t, 3>{1, 5000, 7}, {5, 300, 3}, {2, 65, 4}, {2, 3, 4}, {37, 90, 2}})
    for (auto [threads, group] : {std::pair<int64_t, int64_t>{32, 32}, {64, 64}, {64, 8}, {64, 2}})
      for (bool resultsFirst : {false, true})
        expectAgreement(filled(R"(
func.func @f(%a: $A$, %b: $S$, %i: $I$) {
  %r:2 = agon.region reduction (%a, %b, %i) flops 0 bytes 0
         attributes {plan = #agon_gpu.grid<form = reduction, blocks = $blocks$, threads = $threads$, lanes = 1,
                                           group = $group$, results_first = $first$, split = $split$>}
         : ($A$, $S$, $I$) -> ($S$, $L$) {
  ^bb0(%x: $A$, %y: $S$, %n: $I$):
    %z = arith.constant 0 : i64
    %e = tensor.empty() : $L$
    %f = linalg.fill ins(%z : i64) outs(%e : $L$) -> $L$
    %s:2 = linalg.generic {indexing_maps = [$map$, $map$, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>],
                           iterator_types = ["parallel", "reduction"]} ins(%x, %n : $A$, $I$) outs(%y, %f : $S$, $L$) {
    ^bb0(%p: f32, %q: i64, %best: f32, %acc: i64):
      %0 = arith.maximumf %best, %p : f32
      %1 = arith.addi %acc, %q : i64
      linalg.yield %0, %1 : f32, i64
    } -> ($S$, $L$)
    agon.yield %s#0, %s#1 : $S$, $L$
  }
  return
}
)",
                               {{"A", resultsFirst ? "tensor<$terms$x$points$xf32>" : "tensor<$points$x$terms$xf32>"},
                                {"I", resultsFirst ? "tensor<$terms$x$points$xi64>" : "tensor<$points$x$terms$xi64>"},
                                {"map", resultsFirst ? "affine_map<(i, j) -> (j, i)>" : "affine_map<(i, j) -> (i, j)>"},
                                {"first", resultsFirst ? "true" : "false"},
                                {"group", std::to_string(group)},
                                {"S", "tensor<$points$xf32>"},
                                {"L", "tensor<$points$xi64>"},
                                {"points", std::to_string(points)},
                                {"terms", std::to_string(terms)},
                                {"split", std::to_string(split)},
                                {"threads", std::to_string(threads)},
                                {"blocks", std::to_string((points * group + threads - 1) / threads * split)}}),
                        1e-6, "f32");
}
