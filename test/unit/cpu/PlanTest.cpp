//===- PlanTest.cpp - Plans written by hand -------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/cpu/Harness.h"
#include <gtest/gtest.h>

using namespace agon::test;

namespace {
/// C = A B of 45 x 70 x 50 in f32, computed by `plan`; by the planner's own if that is empty.
std::string product(const std::string &plan) {
  std::string attributes = plan.empty() ? "" : "attributes {plan = " + plan + "} ";
  return "func.func @f(%a: tensor<45x50xf32>, %b: tensor<50x70xf32>) {\n"
         "%r = agon.region contraction (%a, %b) flops 0 bytes 0 " +
         attributes +
         R"(: (tensor<45x50xf32>, tensor<50x70xf32>) -> (tensor<45x70xf32>) {
    ^bb0(%x: tensor<45x50xf32>, %y: tensor<50x70xf32>):
      %z = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<45x70xf32>
      %f = linalg.fill ins(%z : f32) outs(%e : tensor<45x70xf32>) -> tensor<45x70xf32>
      %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%x, %y : tensor<45x50xf32>, tensor<50x70xf32>) outs(%f : tensor<45x70xf32>) {
      ^bb0(%p: f32, %q: f32, %acc: f32):
        %t = arith.mulf %p, %q : f32
        %s = arith.addf %acc, %t : f32
        linalg.yield %s : f32
      } -> tensor<45x70xf32>
      agon.yield %g : tensor<45x70xf32>
    }
    return
  })";
}

std::string contraction(const std::string &choices, const std::string &readings) {
  return "#agon_cpu.contraction<" + choices + ", readings = [#agon_cpu.reading<" + readings + ">], cycles = 0>";
}

struct Result {
  std::vector<double> values;
  int64_t tasks;
};

Result computed(const std::string &plan) {
  Compiled kernel(product(plan), Variant());
  EXPECT_TRUE(kernel.valid()) << plan;
  if (!kernel.valid())
    return {};
  std::vector<Array> inputs = kernel.inputs();
  for (unsigned i = 0; i != inputs.size(); ++i)
    fillRandomly(inputs[i], i + 1);
  return {kernel.run(inputs, /*piece=*/1).front().values, kernel.tasks()};
}
} // namespace

// A sum runs over k in order, however C is cut, whatever is copied and whichever operand has the rows.
TEST(Plan, AnotherOneMakesAnotherKernelWithTheSameBits) {
  Result own = computed("");
  struct {
    const char *choices, *readings;
    int64_t tasks;
  } plans[] = {
      {"form = outer, transposed = false, rows = 3, vectors = 2, m_block = 9, n_block = 32, m_shared = 3, "
       "k_block = 50, is_cut = false",
       "a = in_place, b = in_place", 5 * 3},
      {"form = outer, transposed = false, rows = 5, vectors = 1, m_block = 45, n_block = 8, m_shared = 20, "
       "k_block = 16, is_cut = true",
       "a = by_columns, b = by_columns", 9},
      {"form = outer, transposed = true, rows = 4, vectors = 1, m_block = 24, n_block = 16, m_shared = 24, "
       "k_block = 50, is_cut = false",
       "a = by_rows, b = by_columns", 3 * 3},
  };
  for (const auto &plan : plans) {
    Result other = computed(contraction(plan.choices, plan.readings));
    EXPECT_EQ(other.tasks, plan.tasks) << plan.choices;
    EXPECT_EQ(other.values, own.values) << plan.choices;
  }
}

// Loops of another emitter sum in another order.
TEST(Plan, AnotherEmitterComputesTheSame) {
  Result own = computed("");
  for (const char *form : {"reduction, tasks = 5", "plain, tasks = 1"}) {
    Result other = computed(std::string("#agon_cpu.loops<form = ") + form + ", cycles = 0>");
    ASSERT_EQ(other.values.size(), own.values.size());
    for (size_t i = 0; i != own.values.size(); ++i)
      EXPECT_NEAR(other.values[i], own.values[i], 1e-4) << form << " at " << i;
  }
}
